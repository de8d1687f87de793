import assert from "node:assert/strict";
import { test } from "node:test";

import { SaveQueue } from "../../static/js/save_queue.mjs";

function server(answers) {
  const seen = [];
  return {
    seen,
    send: async (change, version) => {
      seen.push([change.value, version]);
      const answer = answers.shift() ?? { status: 200, version: version + 1 };
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

const change = (value, place = "pll@C5/6") => ({ place, kind: "set", value });
const until = async (test) => {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test("each change names the version that the one before it made", async () => {
  const { seen, send } = server([]);
  const queue = new SaveQueue({ version: 4, send });
  await Promise.all([queue.push(change("a")), queue.push(change("b", "slip@C4"))]);
  await until(() => queue.pending.length === 0);
  assert.deepEqual(seen, [["a", 4], ["b", 5]]);
  assert.equal(queue.version, 6);
});

test("a later value for a place replaces one that still waits, never the one on its way", async () => {
  const { seen, send } = server([]);
  const queue = new SaveQueue({ version: 1, send });
  queue.push(change("typed"));
  queue.push(change("typed m"));
  queue.push(change("typed more"));
  await until(() => queue.pending.length === 0);
  assert.deepEqual(seen.map(([value]) => value), ["typed", "typed more"]);
});

test("without a connection the change is kept and sent again", async () => {
  const { seen, send } = server([new Error("offline"), { status: 503 }]);
  const states = [];
  const queue = new SaveQueue({ version: 1, send, onState: (state) => states.push(state) });
  queue.push(change("kept"));
  await until(() => states.includes("waiting"));
  assert.equal(queue.pending.length, 1);
  queue.resume();
  await until(() => seen.length === 2);
  queue.resume();
  await until(() => states.at(-1) === "saved");
  assert.deepEqual(seen.map(([value]) => value), ["kept", "kept", "kept"]);
});

test("a stale version holds the change until the reader decides, and later changes wait behind it", async () => {
  const { seen, send } = server([{ status: 412 }]);
  const conflicts = [];
  const queue = new SaveQueue({ version: 1, send, onConflict: (one) => conflicts.push(one.value) });
  queue.push(change("mine"));
  await until(() => conflicts.length === 1);
  queue.push(change("next", "slip@C4"));
  assert.deepEqual(queue.pending.map((one) => one.value), ["mine", "next"]);
  await queue.resolve(7);
  await until(() => queue.pending.length === 0);
  assert.deepEqual(seen, [["mine", 1], ["mine", 7], ["next", 8]]);
});

test("a change given up is not sent, the rest goes on from the current version", async () => {
  const { seen, send } = server([{ status: 412 }]);
  const queue = new SaveQueue({ version: 1, send });
  await queue.push(change("mine"));
  queue.push(change("next", "slip@C4"));
  await queue.drop(9);
  await until(() => queue.pending.length === 0);
  assert.deepEqual(seen, [["mine", 1], ["next", 9]]);
});

test("a text given up is not sent again because its field lost the focus meanwhile", async () => {
  const { seen, send } = server([{ status: 412 }]);
  const queue = new SaveQueue({ version: 1, send });
  await queue.push(change("mine"));
  queue.push(change("mine"));
  queue.push(change("next", "slip@C4"));
  await queue.drop(9);
  await until(() => queue.pending.length === 0);
  assert.deepEqual(seen, [["mine", 1], ["next", 9]]);
});

test("an expired log-in keeps the change", async () => {
  const { send } = server([{ status: 401 }]);
  const states = [];
  const queue = new SaveQueue({ version: 1, send, onState: (state) => states.push(state) });
  await queue.push(change("kept"));
  assert.equal(states.at(-1), "expired");
  assert.equal(queue.pending.length, 1);
  await queue.resume();
  await until(() => states.at(-1) === "saved");
});

test("a refused value leaves the queue and is reported", async () => {
  const { send } = server([{ status: 400, body: { error: { message: "no number" } } }]);
  const refused = [];
  const queue = new SaveQueue({ version: 1, send, onRefused: (one) => refused.push(one.value) });
  await queue.push(change("abc"));
  assert.deepEqual(refused, ["abc"]);
  assert.equal(queue.pending.length, 0);
});

test("a change sent without an answer goes again as it was, with later words behind it", async () => {
  const { seen, send } = server([new Error("the answer was lost")]);
  const queue = new SaveQueue({ version: 1, send });
  await queue.push(change("first words"));
  queue.push(change("first words and more"));
  assert.deepEqual(queue.pending.map((one) => one.value), ["first words", "first words and more"]);
  queue.push(change("first words and more still"));
  await queue.resume();
  assert.deepEqual(seen.map(([value]) => value), ["first words", "first words", "first words and more still"]);
});

test("a held change that has happened already leaves what waits behind it, also of the same place", async () => {
  const { seen, send } = server([{ status: 409 }]);
  const conflicts = [];
  const queue = new SaveQueue({ version: 4, send, onConflict: (one) => conflicts.push(one) });
  queue.push({ place: "slip@C4", kind: "accept", value: "accept" });
  queue.push(change("none", "slip@C4"));
  await until(() => conflicts.length === 1);
  await queue.release(6);
  assert.deepEqual(seen, [["accept", 4], ["none", 6]]);
  assert.equal(queue.pending.length, 0);
});
