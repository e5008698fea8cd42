// Python itself: a worker that loads Pyodide from the book's own address and runs one cell after
// another. live.js starts it and ends it; what cells show goes there as it comes.
const tell = (type, more = {}) => postMessage({ type, ...more });

let pyodide = null, session = null, running = 0, lost = false;

// Count the bytes of what is fetched, so that the reader sees how far it is; note what is lost.
const plainFetch = self.fetch;
self.fetch = async (...given) => {
  const answer = await arrival(plainFetch(...given));
  if (!answer.ok || !answer.body) {
    lost = true;
    return answer;
  }
  const counting = new TransformStream({
    transform(chunk, controller) {
      tell("bytes", { bytes: chunk.byteLength });
      controller.enqueue(chunk);
    },
  });
  arrival(answer.body.pipeTo(counting.writable)).catch(() => {});
  const { headers, status, statusText } = answer;
  return new Response(counting.readable, { headers, status, statusText });
};

async function arrival(promise) {
  try {
    return await promise;
  } catch (error) {
    lost = true;
    throw error;
  }
}

// Pyodide only warns, and waits for ever, where its program cannot be started.
function watchPrograms() {
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const plain = WebAssembly[name];
    WebAssembly[name] = (...given) => plain.apply(WebAssembly, given).catch((error) => {
      if (!session) tell("failed", { why: lost ? "network" : "program", error: String(error) });
      throw error;
    });
  }
}

// The products of matrices that numpy, without BLAS here, is to use: one program for each type, from
// the folder of this script (tools/pyodide/product.wat).
const TYPES = ["float32", "float64"];

async function programFor(type) {
  const answer = await plainFetch(`product-${type}.wasm${location.search}`);
  return WebAssembly.compile(await answer.arrayBuffer());
}

// Where they cannot be had (a browser without SIMD, say), numpy's own products serve, slower.
async function speedUp(programs) {
  try {
    const { memory, addFunction, _malloc } = pyodide._module; // where numpy's arrays are
    for (const [k, program] of (await programs).entries()) {
      const { exports } = await WebAssembly.instantiate(program, { numpy: { memory } });
      exports.scratch.value = _malloc(exports.scratch_bytes.value);
      pyodide.pyimport("lessons.live.product").replace(TYPES[k], addFunction(exports.loop, "viiii"));
    }
  } catch (error) {
    console.info(`Products of matrices are slow here: ${error}`);
  }
}

async function start({ folder, lock }) {
  if (typeof WebAssembly === "undefined") return tell("failed", { why: "program", error: "" });
  watchPrograms();
  const programs = Promise.all(TYPES.map(programFor));
  programs.catch(() => {}); // speedUp will say it
  const { loadPyodide } = await arrival(import(`${folder}pyodide.mjs`));
  tell("step");
  pyodide = await loadPyodide({
    indexURL: folder, packageBaseUrl: folder, lockFileURL: lock, packages: ["lessons"],
    env: { MPLBACKEND: "module://lessons.live.figures", HOME: "/home/pyodide" },
    checkAPIVersion: true,
  });
  tell("step");
  if (lost) return tell("failed", { why: "network", error: "" });
  const show = (kind, data, words) => tell("shown", { id: running, kind, data, words });
  session = pyodide.pyimport("lessons.live.session").Session(show);
  await speedUp(programs);
  pyodide.pyimport("numpy"); // so that the first cell does not wait for it
  tell("ready");
}

// Fetch the packages that code imports, also through the modules of the book, and those that it is
// known to need when it runs; return what failed.
async function fetchPackages(code, known = []) {
  const errors = [];
  const told = { messageCallback() {}, errorCallback: (text) => errors.push(text) };
  const more = known.filter((name) => !(name in pyodide.loadedPackages));
  if (more.length) {
    tell("fetching", { names: more });
    await pyodide.loadPackage(more, told);
    tell("fetching", { names: [] });
  }
  const names = errors.length ? [] : pyodide.pyimport("lessons.live.imports").missing(code).toJs();
  const lines = names.map((name) => `import ${name}`).join("\n");
  await pyodide.loadPackagesFromImports(lines, told);
  return errors.length ? `What this needs did not arrive. Check the network, then run it again.\n${errors[0]}` : "";
}

async function run({ id, code, number, packages }) {
  running = id;
  const data = await fetchPackages(code, packages);
  tell("arrived", { names: Object.keys(pyodide.loadedPackages) });
  if (!data) return tell("done", { id, ok: session.run(code, number) });
  tell("shown", { id, kind: "text/x-error", data, words: "" });
  tell("done", { id, ok: false });
}

// To look what a module imports takes longer than many an answer: once is enough.
const asked = new Set();

async function ask({ id, module, name, argument }) {
  running = id;
  const data = asked.has(module) ? "" : await fetchPackages(`import ${module}`);
  if (!data) asked.add(module);
  const [ok, answer] = data ? [false, data] : session.ask(module, name, argument).toJs();
  tell("done", { id, ok, answer });
}

// One after another, also where a cell waits for a package.
let last = Promise.resolve();
onmessage = ({ data }) => {
  last = last.then(() => ({ start, run, ask })[data.type](data)).catch((error) => {
    const why = session ? "broken" : lost ? "network" : "start";
    tell("failed", { why, error: String(error?.message ?? error) });
  });
};
