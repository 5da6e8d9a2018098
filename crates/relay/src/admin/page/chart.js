// A number over the last minutes, drawn as it happens.

const SVG = "http://www.w3.org/2000/svg";
const POINTS = 180; // one a second
const HEIGHT = 100;

// How often the words for those who cannot see the drawing change. More would only interrupt them.
const SPOKEN_EVERY = 10;

export const rounded = (rate) => rate.toLocaleString("en", { maximumFractionDigits: rate < 100 ? 1 : 0 });

// The least number of the kind 1, 2 or 5 with zeros that is not below a number.
function ceiling(most) {
  if (most <= 1) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((times) => times * unit).find((top) => top >= most);
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export class Chart {
  #what;
  #rates = [];
  #number;
  #top;
  #svg;
  #area;
  #edge;
  #unspoken = SPOKEN_EVERY;

  constructor(figure, what) {
    this.#what = what;
    this.#number = figure.querySelector("b");
    this.#svg = make("svg", { viewBox: `0 0 ${POINTS - 1} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
    for (const y of [0, HEIGHT / 2]) {
      this.#svg.append(make("line", { class: "grid", x1: 0, x2: POINTS - 1, y1: y, y2: y }));
    }
    this.#area = make("path", { class: "area" });
    this.#edge = make("path", { class: "edge" });
    this.#svg.append(this.#area, this.#edge);
    this.#top = document.createElement("span");
    this.#top.className = "top quiet";
    const axis = document.createElement("div");
    axis.className = "axis quiet";
    axis.ariaHidden = "true";
    axis.append(...["3 min ago", "now"].map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.append(this.#svg, this.#top, axis);
    figure.append(plot);
    this.#draw();
  }

  // Adds the rate of the last so many seconds.
  add(rate, seconds) {
    for (let i = 0; i < Math.min(seconds, POINTS); i += 1) this.#rates.push(rate);
    this.#rates = this.#rates.slice(-POINTS);
    this.#unspoken += 1;
    this.#draw();
  }

  clear() {
    this.#rates = [];
    this.#draw();
  }

  #draw() {
    const now = this.#rates.at(-1) ?? 0;
    const most = Math.max(0, ...this.#rates);
    const top = ceiling(most);
    const first = POINTS - this.#rates.length;
    const points = this.#rates.map((rate, i) => `${first + i} ${(HEIGHT - (rate / top) * HEIGHT).toFixed(2)}`);
    const line = points.length > 1 ? `M${points.join("L")}` : "";
    this.#edge.setAttribute("d", line);
    this.#area.setAttribute("d", line && `${line}L${POINTS - 1} ${HEIGHT}L${first} ${HEIGHT}Z`);
    this.#number.textContent = rounded(now);
    this.#top.textContent = rounded(top);
    if (this.#unspoken >= SPOKEN_EVERY) {
      this.#unspoken = 0;
      const words = `${this.#what} a second: now ${rounded(now)}, at most ${rounded(most)} in the last 3 minutes`;
      this.#svg.setAttribute("aria-label", words);
    }
  }
}
