"""What all tests need, whoever starts them."""

import signal

import pytest

pytest.register_assert_rewrite("tests.support")

# A shell without job control starts what it puts in the background with SIGINT ignored, which
# children inherit: tests of Ctrl-C would wait for what never comes. A handler is not inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
