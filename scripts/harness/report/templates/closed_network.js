// The closed network as core/closed_network.py solves it, step by step; times in milliseconds.
const sum = (values) => values.reduce((total, value) => total + value, 0);
const logSum = (logs) => {
  const top = Math.max(...logs);
  return top === -Infinity ? top : top + Math.log(sum(logs.map((each) => Math.exp(each - top))));
};

// The share of a gamma distribution below x: its series, for large shapes Wilson and Hilferty's cube.
const normal = (z) => {
  const t = 1 / (1 + 0.3275911 * Math.abs(z) / Math.SQRT2);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const half = tail * Math.exp(-z * z / 2) / 2;
  return z < 0 ? half : 1 - half;
};
const logGamma = (x) => {
  if (x < 10) return logGamma(x + 1) - Math.log(x);
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
};
const gammaShare = (shape, x) => {
  if (x <= 0) return 0;
  if (shape > 100) return normal(3 * Math.sqrt(shape) * (Math.cbrt(x / shape) - 1 + 1 / (9 * shape)));
  if (x > shape + 12 * Math.sqrt(shape) + 40) return 1;
  let term = 1, total = 1;
  for (let n = 1; term > total * 1e-9; n++) total += term *= x / (shape + n);
  return Math.min(1, total * Math.exp(shape * Math.log(x) - x - logGamma(shape + 1)));
};

const completionRates = ({ wait, cpu, cores }, most) => {
  const factorials = [0];
  for (let n = 1; n <= most; n++) factorials.push(factorials[n - 1] + Math.log(n));
  const power = (x, n) => (n ? n * Math.log(x) : 0) - factorials[n];
  const series = (n) => {
    const logs = [];
    for (let j = 0; j < cores && j <= n; j++) logs.push(power(cpu, j) + Math.log1p(-j / cores) + power(wait, n - j));
    return logSum(logs);
  };
  const rates = [0];
  for (let n = 1, b = 1, before = series(0); n <= most; n++) {
    const now = series(n);
    const growth = now === -Infinity ? 0 : Math.exp(now - before);
    const each = cpu / cores + growth * b;
    rates.push(1 / each);
    b *= growth / each;
    before = now;
  }
  return rates;
};

const closedNetwork = (system, most) => {
  const { wait, cpu, think, cores } = system;
  const slots = Math.min(most, system.slots || most);
  const rates = completionRates(system, slots);
  const rate = (n) => rates[Math.min(n, slots)];
  const alone = wait + cpu, turn = cpu / cores;
  const inSystem = (users) => {
    if (!think) return Array.from({ length: users + 1 }, (_, n) => Number(n === users));
    const logs = [0];
    for (let n = 1; n <= users; n++) logs.push(logs[n - 1] + Math.log((users - n + 1) / think / rate(n)));
    const all = logSum(logs);
    return logs.map((log) => Math.exp(log - all));
  };
  const queue = (others) => {
    const ahead = Math.max(0, others - slots + 1), n = Math.min(others, slots - 1);
    const waiting = wait * rates[n], before = wait * rates[Math.max(0, n - 1)];
    const mean = Math.max(0, (n + 1) / rates[n + 1] - alone);
    const variance = mean > 1e-9 ? turn ** 2 * (n - waiting + waiting * (before - waiting + 1)) : 0;
    return { mean: mean + ahead / rates[slots], variance: variance + ahead * turn ** 2 };
  };
  const states = (users) => {
    const seen = [];
    inSystem(users - 1).forEach((share, n) => share > 1e-9 && seen.push({ share, ...queue(n) }));
    return seen;
  };
  const within = (seen, ms) => ms < 0 ? 0 : sum(seen.map(({ share, mean, variance }) =>
    share * (variance > 0 ? gammaShare(mean ** 2 / variance, mean * ms / variance) : 1)));
  return {
    throughput: (users) => 1000 * sum(inSystem(users).map((share, n) => share * rate(n))),
    percentile: (users, share) => {
      const seen = states(users);
      let low = 0, high = Math.max(...seen.map(({ mean, variance }) => mean + 40 * Math.sqrt(variance)));
      if (within(seen, 0) >= share) return alone;
      while (high - low > 1e-4 * high) {
        const middle = (low + high) / 2;
        if (within(seen, middle) < share) low = middle; else high = middle;
      }
      return alone + high;
    },
    held: (ms, share) => {
      let met = 0, missed = most + 1;
      while (missed - met > 1) {
        const middle = (met + missed) >> 1;
        if (within(states(middle), ms - alone) >= share) met = middle; else missed = middle;
      }
      return met;
    },
  };
};
