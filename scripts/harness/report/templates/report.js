"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const hidden = new Set();
  const rules = document.head.appendChild(document.createElement("style"));
  const tip = document.body.appendChild(document.createElement("div"));
  tip.className = "tip";
  tip.setAttribute("role", "status");

  // One choice for all charts, kept in the link beside others': what is hidden, and how to draw.
  const chosen = { values: "", percentile: "" };
  const linked = () => location.hash.slice(1).split("&").filter(Boolean);
  const anchor = () => linked().find((part) => !part.includes("=")) || "";
  const store = () => {
    const choices = Object.entries({ hide: [...hidden].join("."), ...chosen });
    const others = linked().filter((part) => !choices.some(([name]) => part.startsWith(name + "=")));
    const parts = [...others, ...choices.filter(([, value]) => value).map((choice) => choice.join("="))];
    history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname + location.search);
  };
  const restore = () => {
    const choices = new URLSearchParams(linked().filter((part) => part.includes("=")).join("&"));
    if (choices.has("hide")) {
      hidden.clear();
      choices.get("hide").split(".").filter((key) => /^d\d+$/.test(key)).forEach((key) => hidden.add(key));
    }
    for (const control of all(".controls select")) {
      const value = choices.get(control.name);
      if ([...control.options].some((option) => option.value === value)) chosen[control.name] = value;
    }
  };
  const show = () => {
    rules.textContent = [...hidden].map((key) => `.panels .${key}{display:none}`).join("");
    for (const key of all(".key[data-key]"))
      key.setAttribute("aria-pressed", String(!hidden.has(key.dataset.key)));
    for (const control of all(".controls select")) control.value = chosen[control.name];
    all(".drawing").forEach(draw);
  };
  // The variant that fits a choice best, and of its panels those of the percentile.
  const fit = (variant) =>
    Object.entries(chosen).filter(([name, value]) => value && variant.dataset[name] === value).length;
  const draw = (drawing) => {
    const variants = [drawing.firstElementChild, ...all(".variant", drawing)];
    const best = variants.reduce((one, other) => (fit(other) > fit(one) ? other : one));
    for (const each of variants) each.hidden = !(each.open = each === best);
    const panels = all(".panel", best);
    const fits = (panel) => panel.dataset.percentile === chosen.percentile;
    for (const panel of panels) panel.hidden = panels.some(fits) && !fits(panel);
  };
  document.documentElement.classList.add("interactive");
  for (const form of all(".controls")) {
    form.hidden = false;
    form.addEventListener("change", (event) => {
      chosen[event.target.name] = event.target.value;
      show();
      store();
    });
  }
  const choose = (key, alone) => {
    const every = new Set(all(".key[data-key]").map((each) => each.dataset.key));
    if (alone) every.forEach((each) => (each === key ? hidden.delete(each) : hidden.add(each)));
    else if (!hidden.delete(key)) hidden.add(key);
    if (every.size === hidden.size) hidden.clear();
    show();
    store();
  };
  for (const key of all(".key[data-key]")) {
    key.setAttribute("role", "button");
    key.tabIndex = 0;
    key.title = "Show or hide in all charts; with Shift: this one alone";
    key.addEventListener("click", (event) => choose(key.dataset.key, event.shiftKey));
    key.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(key.dataset.key, event.shiftKey);
    });
  }

  // What a point says, by mouse and by keyboard. Titles would show beside it, so they move.
  for (const title of all(".panel title")) {
    title.parentNode.dataset.says = title.textContent;
    title.remove();
  }
  const points = (svg) => all("[data-says]", svg).filter((point) => point.getClientRects().length);
  const distance = (box, x, y) =>
    Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  const say = (point) => {
    tip.textContent = point ? point.dataset.says : "";
    if (!point) return;
    const box = point.getBoundingClientRect();
    const left = Math.min(box.right + 8, innerWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = Math.max(8, box.top - tip.offsetHeight - 8) + "px";
  };
  for (const svg of all(".panel svg")) {
    let at = -1;
    svg.tabIndex = 0;
    svg.addEventListener("pointermove", (event) => {
      const near = points(svg)
        .map((point) => [distance(point.getBoundingClientRect(), event.clientX, event.clientY), point])
        .filter(([far]) => far < 20)
        .sort((one, other) => one[0] - other[0])[0];
      say(near && near[1]);
    });
    svg.addEventListener("pointerleave", () => say());
    svg.addEventListener("blur", () => say());
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const every = points(svg);
      if (event.key === "Escape") say();
      if (!step || !every.length) return;
      event.preventDefault();
      at = (at + step + every.length) % every.length;
      say(every[at]);
    });
  }

  // A link into a folded part opens it; paper shows all parts.
  const go = () => {
    restore();
    show();
    store();
    const target = document.getElementById(anchor());
    for (let each = target; each; each = each.parentElement)
      if (each.tagName === "DETAILS") each.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", go);
  go();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open], .variant)");
    folded.forEach((each) => (each.open = true));
  });
  addEventListener("afterprint", () => folded.forEach((each) => (each.open = false)));
})();
