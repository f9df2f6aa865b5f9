// The reader's own numbers: every control moves all servers; the link keeps what the run had not.
for (const form of document.querySelectorAll("form.calculator")) {
  const P95 = 0.95;
  const most = Number(form.dataset.mostUsers);
  const scenarios = JSON.parse(form.dataset.scenarios);
  const [body, says] = [form.querySelector("tbody"), form.querySelector("[role=status]")];
  const headings = [...form.querySelectorAll("th")].map((each) => each.textContent);
  const sliders = [...form.querySelectorAll("input")];
  const steps = Object.fromEntries(sliders.map((each) => [each.name, each.dataset.steps.split(" ").map(Number)]));
  const at = (slider) => steps[slider.name][slider.value];
  const number = (value) => Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 6 });
  const ms = (value) => (value < 10000 ? `${number(value)} ms` : `${number(value / 1000)} s`);
  const count = (value) => value.toLocaleString("en-US");
  const held = (users) => (users === most ? "≥ " : "") + count(users);
  const threads = (slots) => count(slots) + (slots === 1 ? " thread" : " threads");
  const span = (values, text) => {
    const [middle, low, high] = [values[0], Math.min(...values), Math.max(...values)].map(text);
    return low === high ? middle : `${middle} (${low} to ${high})`;
  };

  const systems = ({ cpu, slots, cores }, mine) =>
    cpu.map((each) => ({ wait: mine.wait, cpu: each + mine.cpu, think: mine.pause, slots, cores }));
  const solve = (server, mine) => {
    const networks = systems(server, mine).map((each) => closedNetwork(each, Math.max(most, mine.users)));
    return {
      ...server,
      rates: networks.map((each) => each.throughput(mine.users)),
      p95: networks.map((each) => each.percentile(mine.users, P95)),
      held: networks.map((each) => Math.min(most, each.held(mine.objective, P95))),
    };
  };
  const withThreads = (server, slots) => ({ ...server, slots, label: `${server.name} with ${threads(slots)}` });
  const best = (servers, side) =>
    servers.filter((each) => each.interface === side).sort((one, other) => other.held[0] - one.held[0])[0];

  // Both sides in words, and from how many threads on they would change places.
  const holds = (server) =>
    `${server.label || server.name} (${server.interface.toUpperCase()}) holds ${span(server.held, held)} users`;
  const difference = (wsgi, asgi) => {
    const [less, more] = [wsgi, asgi].sort((one, other) => one.held[0] - other.held[0]);
    const apart = Math.max(...less.held) < Math.min(...more.held);
    return apart ? `${more.interface.toUpperCase()} holds more.` : "The ranges overlap: the model cannot tell which is better.";
  };
  const flip = (threaded, asgi, mine) => {
    const enough = steps.threads.find((slots) => {
      const [system] = systems({ ...threaded, slots }, mine);
      return closedNetwork(system, most).held(mine.objective, P95) >= asgi.held[0];
    });
    return enough
      ? `The answer flips at about ${threads(enough)}: from there on WSGI holds as many as ASGI.`
      : "No number of threads makes WSGI hold as many as ASGI.";
  };
  const sentences = (wsgi, asgi, threaded, mine) => {
    const sides = [wsgi, asgi].filter(Boolean);
    const within = `Within a p95 of ${ms(mine.objective)}`;
    if (sides.every((each) => !each.held[0])) return [`${within} nobody is served: a request alone takes as long.`];
    const enough = sides.filter((each) => each.held[0] >= mine.users).map((each) => each.interface.toUpperCase());
    return [
      `${within}, ${sides.map(holds).join(", ")}.`,
      wsgi && asgi ? difference(wsgi, asgi) : "",
      `Your ${count(mine.users)} users are held by ${enough.join(" and ") || "none"}.`,
      threaded && asgi && asgi.held[0] ? flip(threaded, asgi, mine) : "",
    ];
  };

  const row = (server, mine) => {
    const met = server.held[0] >= mine.users ? "✓ " : "";
    const cells = [
      server.label || server.name, span(systems(server, mine).map((each) => each.cpu), number),
      span(server.rates, number), span(server.p95, number), met + span(server.held, held), server.off,
    ];
    const line = document.createElement("tr");
    cells.forEach((text, index) => {
      const cell = line.insertCell();
      cell.textContent = text;
      cell.dataset.heading = headings[index];
      if (index === 0 || index === cells.length - 1) cell.className = "text";
    });
    return line;
  };
  const show = () => {
    const mine = Object.fromEntries(sliders.map((each) => [each.name, at(each)]));
    const measured = scenarios[form.elements.measured.value];
    const threaded = measured.find((each) => each.threads);
    const own = threaded && solve(withThreads(threaded, mine.threads), mine);
    const others = measured.filter((each) => each !== threaded || each.slots !== mine.threads);
    const servers = others.map((each) => solve(each, mine));
    body.replaceChildren(...[own, ...servers].filter(Boolean).map((each) => row(each, mine)));
    says.textContent = sentences(own || best(servers, "wsgi"), best(servers, "asgi"), threaded, mine).filter(Boolean).join(" ");
  };

  // What differs from the run stands in the link, beside what else does.
  const parts = () => location.hash.slice(1).split("&").filter(Boolean);
  const controls = [form.elements.measured, ...sliders];
  const starts = controls.map((each) => each.value);
  const text = (each) => (each.dataset.steps ? String(at(each)) : each.value);
  const own = (part) => controls.some((each) => part.startsWith(each.name + "="));
  const store = () => {
    const changed = controls.filter((each, index) => each.value !== starts[index]).map((each) => `${each.name}=${text(each)}`);
    const all = [...parts().filter((part) => !own(part)), ...changed];
    history.replaceState(null, "", all.length ? "#" + all.join("&") : location.pathname + location.search);
  };
  const name = () => {
    for (const each of sliders) {
      const value = each.dataset.unit ? ms(at(each)) : count(at(each));
      each.setAttribute("aria-valuetext", value);
      each.nextElementSibling.textContent = value;
    }
  };
  const read = () => {
    const values = new Map(parts().filter(own).map((part) => part.split("=")));
    if (values.size)
      controls.forEach((each, index) => {
        each.value = starts[index];
        const value = values.get(each.name);
        if (!each.dataset.steps && scenarios[value]) each.value = value;
        if (each.dataset.steps && value > "") {
          const far = steps[each.name].map((step) => Math.abs(step - Number(value)));
          each.value = far.indexOf(Math.min(...far));
        }
      });
    name();
    show();
    store();
  };
  let soon;
  const change = () => {
    name();
    clearTimeout(soon);
    soon = setTimeout(() => (show(), store()), 150);
  };
  form.addEventListener("input", change);
  form.addEventListener("reset", () => setTimeout(change));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", read);
  form.hidden = false;
  form.nextElementSibling.hidden = true;
  read();
}
