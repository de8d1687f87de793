import assert from "node:assert/strict";
import { test } from "node:test";

import { MarkStore } from "../../viewer/mark_store.mjs";

const until = async (test) => {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const stored = (id, more = {}) => ({ id, version: 1, state: "open", may: ["retract", "amend"], points: [[1, 1]], ...more });
const shown = () => ({ kind: "vertebra_point", level: "C5", points: [[1, 1]] });

/** Answers in turn; a request without one fails as without connection. */
function server(answers) {
  const asked = [];
  const request = async (address, options = {}) => {
    asked.push([options.method ?? "POST", address, options.body ?? null, options.version]);
    const answer = answers.shift();
    if (!answer) throw new Error("offline");
    return answer;
  };
  const states = [];
  const store = new MarkStore({ address: "/marks/", request, onChange: () => {}, onState: (state) => states.push(state) });
  return { asked, store, states };
}

const listed = (marks) => ({ status: 200, body: { may_draw: true, level_map_version: 4, marks } });

test("a drawn mark is shown at once and is the same object when the server has it", async () => {
  const { asked, store } = server([listed([]), { status: 201, body: { marks: [stored("one", { level: "C5" })] } }]);
  await store.load();
  const mark = store.draw(shown(), { level: "C5" });
  assert.ok(mark.unsaved && store.isUnsaved);
  assert.deepEqual(store.shown, [mark]);
  await until(() => !store.isUnsaved);
  assert.equal(store.shown[0], mark);
  assert.equal(mark.id, "one");
  assert.deepEqual(asked[1], ["POST", "/marks/", { level: "C5", level_map_version: 4 }, undefined]);
});

test("without connection a mark stays, says so, and is sent again under the same key", async () => {
  const { asked, store, states } = server([listed([]), null, { status: 201, body: { marks: [stored("one")] } }]);
  await store.load();
  store.draw(shown(), {});
  await until(() => states.includes("waiting"));
  assert.ok(store.isUnsaved);
  await store.queue.resume();
  await until(() => !store.isUnsaved);
  assert.equal(asked.length, 3);
});

test("a refused mark stays with the reason, names the levels' new version when sent again, or is given up", async () => {
  const refused = { status: 412, body: { error: { message: "named anew", details: { level_map_version: 5 } } } };
  const { asked, store } = server([listed([]), refused, { status: 201, body: { marks: [stored("one")] } }]);
  await store.load();
  const mark = store.draw(shown(), {});
  await until(() => mark.refused);
  assert.equal(mark.refused, "named anew");
  assert.deepEqual(store.shown, [mark]);
  store.sendAgain(mark);
  await until(() => !store.isUnsaved);
  assert.equal(asked[2][2].level_map_version, 5);

  const other = server([listed([]), { status: 422, body: { error: { message: "outside" } } }]);
  await other.store.load();
  const lost = other.store.draw(shown(), {});
  await until(() => lost.refused);
  other.store.decide(lost, "retract");
  assert.deepEqual(other.store.shown, []);
  assert.equal(other.asked.length, 2); // the server never had it
});

test("a reworded mark gives way to the one in its place", async () => {
  const old = stored("one", { version: 3 });
  const answer = { status: 200, body: { marks: [{ ...old, version: 4, state: "amended", may: [] }, stored("two", { replaces: "one" })] } };
  const { asked, store } = server([listed([old]), answer]);
  await store.load();
  store.decide(store.shown[0], "amend", { points: [[1, 1]], level: "C6" });
  await until(() => !store.isUnsaved);
  assert.deepEqual(store.shown.map((mark) => mark.id), ["two"]);
  assert.deepEqual(asked[1], ["POST", "/marks/one/amend/", { points: [[1, 1]], level: "C6" }, 3]);
});

test("what somebody else decided meanwhile is fetched, and my decision is not made over it", async () => {
  const { store } = server([
    listed([stored("one")]),
    { status: 412, body: { error: { message: "decided meanwhile" } } },
    listed([stored("one", { version: 2, state: "accepted", may: ["reopen"] })]),
  ]);
  await store.load();
  const [mark] = store.shown;
  store.decide(mark, "accept");
  await until(() => mark.state === "accepted");
  assert.equal(mark.refused, "decided meanwhile");
  assert.ok(!store.isUnsaved);
});

test("a new list from the server keeps what it has not taken yet, and the last own mark can be taken back", async () => {
  const { store } = server([listed([]), null, listed([stored("other", { may: ["accept"] })]), {
    status: 201, body: { marks: [stored("mine")] },
  }]);
  await store.load();
  const mark = store.draw(shown(), {});
  await until(() => store.queue.pending.length === 1);
  await store.load();
  assert.deepEqual(store.shown.map((one) => one.id), ["other", undefined]);
  assert.equal(store.last, mark);
  await store.queue.resume();
  assert.deepEqual(store.shown.map((one) => one.id), ["other", "mine"]);
});
