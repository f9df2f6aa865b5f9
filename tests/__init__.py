"""The specification of the suite: a package, as one of this name that ciw installs is one, too."""
