// The pictures of the playground: curves, surface, points, hidden units. Each function draws one
// state on a canvas, in the colours of the page. No library, no request.
"use strict";

window.lessonsPlayground ??= {};

(() => {
  const LEVELS = 256, ZERO = 127.5; // a cell of a grid is one byte
  const CLASSES = ["train", "valid", "path", "grad", "warn", "muted"]; // as the cycle of lessons.plots
  const PADS = { left: 46, right: 10, top: 26, bottom: 30 };
  const EDGES = { left: 40, right: 6, top: 6, bottom: 40 }; // of the plane, for its axes
  const NAMES = ["ink", "muted", "grid", "train", "valid", "grad", "path", "warn", "paper"];

  // The colours of the page as it is now: names of the system too, as canvas reads them.
  function palette(element) {
    const style = getComputedStyle(element), probe = document.createElement("canvas").getContext("2d");
    const colours = {};
    for (const name of NAMES) {
      probe.fillStyle = "#000";
      probe.fillStyle = style.getPropertyValue(`--c-${name}`).trim() || "#000";
      colours[name] = probe.fillStyle;
    }
    colours.font = style.fontFamily;
    colours.shades = shades(colours);
    colours.inks = inks(colours);
    colours.classes = CLASSES.map((name) => toward(colours, colours[name]));
    return colours;
  }

  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) || 0);
  const mixed = (a, b, share) => a.map((value, i) => Math.round(value + share * (b[i] - value)));
  const pixel = ([r, g, b]) => (255 << 24 | b << 16 | g << 8 | r) >>> 0;

  // From the one class to the other through paper: a colour for each level.
  function shades({ paper, train, valid }) {
    return Uint32Array.from({ length: LEVELS }, (_, level) => {
      const t = (level - ZERO) / ZERO;
      return pixel(mixed(rgb(paper), rgb(t < 0 ? train : valid), 0.8 * Math.abs(t)));
    });
  }

  // From paper to one colour.
  const toward = ({ paper }, colour) => Uint32Array.from({ length: LEVELS }, (_, level) =>
    pixel(mixed(rgb(paper), rgb(colour), 0.8 * level / (LEVELS - 1))));

  const inks = ({ paper, ink }) => Uint32Array.from({ length: LEVELS }, (_, level) =>
    pixel(mixed(rgb(paper), rgb(ink), level / (LEVELS - 1))));

  // A canvas as sharp as the screen; its drawing space is in CSS pixels.
  function ready(canvas) {
    const scale = Math.min(3, window.devicePixelRatio || 1);
    const width = canvas.clientWidth, height = canvas.clientHeight;
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    return { context, width, height };
  }

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  // A grid of bytes as a small picture of its own; `shade` gives the colour of a cell.
  function tile(text, n, shade, canvas = document.createElement("canvas")) {
    if (canvas.width !== n || canvas.height !== n || !canvas.image) {
      [canvas.width, canvas.height] = [n, n];
      canvas.image = canvas.getContext("2d").createImageData(n, n);
      canvas.pixels = new Uint32Array(canvas.image.data.buffer);
    }
    const levels = bytes(text);
    for (let i = 0; i < canvas.pixels.length; i++) canvas.pixels[i] = shade(levels[i], i);
    canvas.getContext("2d").putImageData(canvas.image, 0, 0);
    return canvas;
  }

  // The shade of each byte of a unit: no colour where it is 0, whatever its range.
  const signed = (colours, [low, high]) => {
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    return (level) => colours.shades[Math.round(ZERO + ZERO * (low + level / 255 * (high - low)) / most)];
  };

  // The part of a canvas in which a plane lies, inside its axes.
  const fieldOf = ({ clientWidth, clientHeight }) => ({ left: EDGES.left, top: EDGES.top,
    width: clientWidth - EDGES.left - EDGES.right, height: clientHeight - EDGES.top - EDGES.bottom });

  const placing = ({ x: [left, right], y: [low, high] }, field) => ({
    x: (x) => field.left + (x - left) / (right - left) * field.width,
    y: (y) => field.top + (high - y) / (high - low) * field.height,
  });

  // Round numbers, some four of them.
  function evenly([low, high]) {
    const power = 10 ** Math.floor(Math.log10((high - low) / 4));
    const step = [1, 2, 5, 10].map((k) => k * power).find((each) => (high - low) / each <= 5);
    const found = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(Number((k * step).toPrecision(12)));
    return found;
  }

  function axes(context, { domain, names }, field, at, colours) {
    const bottom = field.top + field.height;
    context.strokeStyle = colours.muted;
    context.lineWidth = 1;
    context.strokeRect(field.left, field.top, field.width, field.height);
    context.font = `12px ${colours.font}`;
    context.fillStyle = colours.muted;
    context.beginPath();
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const value of evenly(domain.x)) {
      const x = at.x(value);
      context.moveTo(x, bottom); context.lineTo(x, bottom + 4);
      context.fillText(String(value), Math.min(x, field.left + field.width - 6), bottom + 6);
    }
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of evenly(domain.y)) {
      const y = at.y(value);
      context.moveTo(field.left, y); context.lineTo(field.left - 4, y);
      context.fillText(String(value), field.left - 6, Math.max(y, field.top + 6), field.left - 20); // beside the name
    }
    context.stroke();
    context.textAlign = "center";
    context.fillStyle = colours.ink;
    context.fillText(names[0], field.left + field.width / 2, bottom + 30, field.width);
    context.save();
    context.translate(7, field.top + field.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(names[1], 0, 0, field.height);
    context.restore();
  }

  // ---- where the network decides, and the points

  let small; // the surface before it is stretched

  function surface(canvas, colours, { look, unit, domain, names, points, task, cursor }) {
    const { context, width, height } = ready(canvas);
    const field = fieldOf(canvas), at = placing(domain, field);
    const seen = look?.surface;
    context.imageSmoothingQuality = "high";
    if (unit?.bytes || seen) {
      const winners = !unit && seen.classes && bytes(seen.classes);
      const shade = unit ? signed(colours, unit.range) : winners ? (level, i) => colours.classes[winners[i] % CLASSES.length][level]
        : (level) => colours.shades[level];
      small = tile(unit?.bytes ?? seen.bytes, unit?.n ?? seen.n, shade, small);
      context.drawImage(small, field.left, field.top, field.width, field.height);
      if (!unit && task === "classes" && !winners) boundary(context, seen, field, colours);
    }
    const isLine = Boolean(look?.line);
    const key = [points, colours, canvas.width, isLine, task, ...names, ...domain.x, ...domain.y];
    if (!canvas.points || key.some((part, i) => part !== canvas.points.key[i])) {
      canvas.points = { key, layer: scattered(canvas, points, at, isLine, task, colours) };
      axes(canvas.points.layer.getContext("2d"), { domain, names }, field, at, colours);
    }
    context.drawImage(canvas.points.layer, 0, 0, width, height);
    if (isLine) fitted(context, look.line, at, field, colours);
    if (cursor) cross(context, at.x(cursor[0]), at.y(cursor[1]), colours);
  }

  // The points stay while a network trains: they are drawn once.
  function scattered(canvas, points, at, isLine, task, colours) {
    const layer = document.createElement("canvas");
    [layer.width, layer.height] = [canvas.width, canvas.height];
    const context = layer.getContext("2d"), scale = canvas.width / canvas.clientWidth;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    for (const [kind, { x, y }] of Object.entries(points)) {
      x.forEach((place, i) => isLine
        ? point(context, at.x(place[0]), at.y(y[i]), -1, kind === "training", colours)
        : point(context, at.x(place[0]), at.y(place[1]), task === "classes" ? y[i] : -1, kind === "training", colours));
    }
    return layer;
  }

  const SHAPES = [ // classes differ in shape too
    (context, x, y) => context.arc(x, y, 3.3, 0, 2 * Math.PI),
    (context, x, y) => polygon(context, [[x, y - 4.4], [x + 4.4, y], [x, y + 4.4], [x - 4.4, y]]),
    (context, x, y) => context.rect(x - 3, y - 3, 6, 6),
    (context, x, y) => polygon(context, [[x, y - 4.2], [x + 4, y + 3], [x - 4, y + 3]]),
  ];

  function polygon(context, corners) {
    corners.forEach((corner) => context.lineTo(...corner));
    context.closePath();
  }

  // Validation points are hollow.
  function point(context, x, y, label, isFilled, colours) {
    context.beginPath();
    SHAPES[Math.max(0, label) % SHAPES.length](context, x, y);
    const colour = label < 0 ? colours.ink : colours[CLASSES[label % CLASSES.length]];
    context.lineWidth = isFilled ? 1 : 1.6;
    context.fillStyle = isFilled ? colour : colours.paper;
    context.strokeStyle = isFilled ? colours.paper : colour;
    context.fill();
    context.stroke();
  }

  function cross(context, x, y, colours) {
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x - 9, y); context.lineTo(x + 9, y); context.moveTo(x, y - 9); context.lineTo(x, y + 9);
    context.stroke();
  }

  function fitted(context, { x, y }, at, field, colours) {
    context.save();
    context.beginPath();
    context.rect(field.left, field.top, field.width, field.height);
    context.clip();
    context.strokeStyle = colours.train;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.beginPath();
    x.forEach((value, i) => y[i] !== null && context.lineTo(at.x(value), at.y(y[i])));
    context.stroke();
    context.restore();
  }

  // Where both classes are as likely: through the cells, between their centres.
  function boundary(context, { bytes: text, n }, { left, top, width, height }, colours) {
    const levels = bytes(text), columns = n, rows = n;
    const value = (i, j) => levels[j * n + i] - ZERO;
    const px = (i) => left + (i + 0.5) / columns * width, py = (j) => top + (j + 0.5) / rows * height;
    context.beginPath();
    for (let j = 0; j + 1 < rows; j++) {
      for (let i = 0; i + 1 < columns; i++) {
        const [a, b, c, d] = [value(i, j), value(i + 1, j), value(i + 1, j + 1), value(i, j + 1)];
        const cuts = [];
        if (a * b < 0) cuts.push([px(i + a / (a - b)), py(j)]);
        if (b * c < 0) cuts.push([px(i + 1), py(j + b / (b - c))]);
        if (c * d < 0) cuts.push([px(i + d / (d - c)), py(j + 1)]);
        if (d * a < 0) cuts.push([px(i), py(j + a / (a - d))]);
        for (let k = 0; k + 1 < cuts.length; k += 2) {
          context.moveTo(...cuts[k]);
          context.lineTo(...cuts[k + 1]);
        }
      }
    }
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.6;
    context.stroke();
  }

  // ---- digits: some images of the validation set, and what the network makes of them

  function examples(canvas, colours, list) {
    const { context, width, height } = ready(canvas);
    const columns = 4, cell = width / columns, tall = height / Math.ceil(list.length / columns);
    list.forEach((example, i) => {
      const x = (i % columns) * cell, y = Math.floor(i / columns) * tall;
      if (example.output === undefined) guessed(context, colours, example, x, y, cell, tall);
      else drawnAgain(context, colours, example, x, y, cell, tall);
    });
  }

  function image(context, colours, text, x, y, side) {
    context.imageSmoothingEnabled = false;
    context.drawImage(tile(text, 8, (level) => colours.inks[level]), x, y, side, side);
    context.lineWidth = 1;
    context.strokeStyle = colours.grid;
    context.strokeRect(x, y, side, side);
  }

  function guessed(context, colours, { image: text, label, guess, probability }, left, top, cell, tall) {
    const side = Math.min(cell - 10, tall - 28), x = left + (cell - side) / 2, y = top + 3;
    image(context, colours, text, x, y, side);
    const isRight = guess === label;
    if (!isRight) {
      context.strokeStyle = colours.warn;
      context.lineWidth = 2.5;
      context.strokeRect(x, y, side, side);
    }
    context.fillStyle = isRight ? colours.ink : colours.warn;
    context.font = `600 12px ${colours.font}`;
    context.textAlign = "center";
    context.textBaseline = "top";
    const share = Number.isFinite(probability) ? ` ${Math.round(100 * probability)} %` : "";
    context.fillText(`${isRight ? "" : "✗ "}${guess ?? "?"}${share}`, x + side / 2, y + side + 5);
  }

  function drawnAgain(context, colours, { image: text, output }, left, top, cell, tall) {
    const side = Math.min(cell - 10, tall / 2 - 6), x = left + (cell - side) / 2, y = top + 4;
    image(context, colours, text, x, y, side);
    image(context, colours, output, x, y + side + 2, side);
  }

  // A unit of a network on one number: its curve.
  function curveOfUnit(canvas, colours, values, [low, high]) {
    const { context, width, height } = ready(canvas);
    context.strokeStyle = colours.grad;
    context.lineWidth = 2;
    context.beginPath();
    values.forEach((value, i) => value !== null &&
      context.lineTo(i / (values.length - 1) * width, height - 3 - (value - low) / ((high - low) || 1) * (height - 6)));
    context.stroke();
  }

  // ---- curves

  // The end of the axis: it grows in steps, so that curves do not creep.
  const endOf = (step) => {
    const power = 10 ** Math.floor(Math.log10(Math.max(step, 50)));
    return [1, 2, 5, 10].map((k) => k * power).find((end) => end >= step && end >= 50);
  };

  // The present run decides; earlier ones may be longer, but not much while it is short.
  const LEAST = 1000;
  const lastOf = (points, earlier) => {
    const longest = Math.max(0, ...earlier.map((run) => run.points.at(-1)[0]));
    const chosen = Math.max(0, ...earlier.map((run) => (run.isChosen ? run.points.at(-1)[0] : 0)));
    return endOf(Math.max(points.at(-1)?.[0] ?? 0, Math.min(longest, LEAST), chosen));
  };

  // Powers of ten, or more ticks where there is less than one.
  function ticks(low, high) {
    const found = [];
    for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
      for (const k of high - low > 3 ? [1] : high - low > 1.2 ? [1, 3] : [1, 2, 5]) {
        const value = power + Math.log10(k);
        if (value >= low - 1e-9 && value <= high + 1e-9) found.push([value, k * 10 ** power]);
      }
    }
    return found;
  }

  const plain = (value) => value >= 1e4 || value < 1e-3 ? value.toExponential(0).replace("e+", "e")
    : String(Number(value.toPrecision(1)));

  function limits(curves, last) {
    let low = Infinity, high = -Infinity;
    for (const { points } of curves) {
      for (const [step, a, b] of points) {
        if (step > last) break;
        for (const value of [a, b]) {
          if (!(value > 0) || !Number.isFinite(value)) continue;
          const log = Math.max(-9, Math.min(6, Math.log10(value)));
          if (log < low) low = log;
          if (log > high) high = log;
        }
      }
    }
    if (low > high) [low, high] = [-1, 0];
    low = Math.floor(3 * low - 0.3) / 3;
    high = Math.ceil(3 * high + 0.3) / 3;
    return high - low < 0.65 ? [low - 1 / 3, high + 1 / 3] : [low, high];
  }

  function frame(context, width, height, colours, last, title) {
    const right = width - PADS.right, bottom = height - PADS.bottom;
    context.font = `12px ${colours.font}`;
    context.fillStyle = colours.muted;
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (let k = 0; k <= 4; k++) {
      const x = PADS.left + k / 4 * (right - PADS.left);
      context.textAlign = k === 4 ? "right" : "center";
      context.fillText(String(last * k / 4), k === 4 ? right + 4 : x, bottom + 5);
    }
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillStyle = colours.ink;
    context.fillText(title, 2, 13);
    context.textAlign = "right";
    context.fillStyle = colours.muted;
    context.fillText("steps", right + 4, height - 4);
    return { left: PADS.left, right, top: PADS.top, bottom };
  }

  // Lines across a picture of curves, each with its number.
  function grid(context, area, colours, values) {
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    context.fillStyle = colours.muted;
    for (const [y, text] of values) {
      const place = Math.round(y) + 0.5;
      context.beginPath();
      context.moveTo(area.left, place); context.lineTo(area.right, place);
      context.stroke();
      context.fillText(text, area.left - 5, place);
    }
  }

  // Training and validation of the present run, from two columns of its points.
  function both(context, points, [training, validation], x, y, colours) {
    context.lineWidth = 2;
    context.strokeStyle = colours.valid;
    path(context, points, validation, x, y, [6, 3]);
    context.strokeStyle = colours.train;
    path(context, points, training, x, y);
  }

  function path(context, points, column, x, y, dash = []) {
    context.setLineDash(dash);
    context.beginPath();
    let isOpen = false;
    for (const p of points) {
      const value = p[column];
      if (value === null || !Number.isFinite(value)) { isOpen = false; continue; }
      context[isOpen ? "lineTo" : "moveTo"](x(p[0]), y(value));
      isOpen = true;
    }
    context.stroke();
    context.setLineDash([]);
  }

  // Returns where earlier runs lie, so that a pointer finds them.
  function losses(canvas, colours, { points, marks, earlier, diverged, title }) {
    const { context, width, height } = ready(canvas);
    const curves = [{ points }, ...earlier];
    const last = lastOf(points, earlier);
    const area = frame(context, width, height, colours, last, title);
    const [low, high] = limits(curves, last);
    const x = (step) => area.left + step / last * (area.right - area.left);
    const y = (value) => area.bottom - (Math.max(low, Math.min(high, Math.log10(Math.max(value, 1e-12)))) - low) /
      (high - low) * (area.bottom - area.top);
    grid(context, area, colours, ticks(low, high).map(([log, value]) => [y(10 ** log), plain(value)]));
    context.save();
    context.beginPath();
    context.rect(area.left, area.top - 2, area.right - area.left + 2, area.bottom - area.top + 4);
    context.clip();
    context.lineJoin = "round";
    earlier.forEach((run) => {
      context.globalAlpha = run.isChosen ? 1 : 0.38;
      context.lineWidth = run.isChosen ? 2 : 1.2;
      context.strokeStyle = run.isChosen ? colours.grad : colours.muted;
      path(context, run.points, 2, x, y, [5, 3]);
      path(context, run.points, 1, x, y);
    });
    context.globalAlpha = 1;
    both(context, points, [1, 2], x, y, colours);
    context.restore();
    marked(context, marks, diverged, x, area, colours);
    ends(context, points, x, y, colours);
    return { x, y, area };
  }

  function ends(context, points, x, y, colours) {
    const last = points.at(-1);
    if (!last) return;
    [[1, colours.train], [2, colours.valid]].forEach(([column, colour]) => {
      if (last[column] === null || !Number.isFinite(last[column])) return;
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x(last[0]), y(last[column]), 3.2, 0, 2 * Math.PI);
      context.fill();
    });
  }

  // Where a setting was changed: a line and the new value, in rows that do not overlap.
  function marked(context, marks, diverged, x, area, colours) {
    const all = diverged === null ? marks : [...marks, { step: diverged, text: "diverged", isBad: true }];
    const ends = [-Infinity, -Infinity, -Infinity, -Infinity];
    context.font = `600 11px ${colours.font}`;
    context.textBaseline = "middle";
    for (const { step, text, isBad } of all) {
      const place = Math.round(x(step)) + 0.5, wide = context.measureText(text).width + 8;
      const isLeft = place + wide > area.right;
      const from = isLeft ? place - wide : place;
      const row = ends.findIndex((end) => end < from);
      context.strokeStyle = context.fillStyle = isBad ? colours.warn : colours.path;
      context.lineWidth = isBad ? 2 : 1.2;
      context.setLineDash(isBad ? [] : [3, 3]);
      context.beginPath();
      context.moveTo(place, area.top); context.lineTo(place, area.bottom);
      context.stroke();
      context.setLineDash([]);
      if (row < 0) continue;
      ends[row] = from + wide;
      const y = area.top + 8 + 15 * row;
      context.globalAlpha = 0.85;
      context.fillStyle = colours.paper;
      context.fillRect(from + 2, y - 7, wide - 3, 14);
      context.globalAlpha = 1;
      context.fillStyle = isBad ? colours.warn : colours.path;
      context.textAlign = "left";
      context.fillText(text, from + 4, y);
    }
  }

  function accuracy(canvas, colours, { points, earlier }) {
    const { context, width, height } = ready(canvas);
    const last = lastOf(points, earlier);
    const area = frame(context, width, height, colours, last, "accuracy");
    const x = (step) => area.left + step / last * (area.right - area.left);
    const y = (value) => area.bottom - value * (area.bottom - area.top);
    grid(context, area, colours, [0, 0.5, 1].map((value) => [y(value), String(value)]));
    both(context, points, [3, 4], x, y, colours);
  }

  Object.assign(window.lessonsPlayground, {
    palette, tile, signed, fieldOf, surface, examples, curveOfUnit, losses, accuracy,
  });
})();
