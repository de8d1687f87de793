import assert from "node:assert/strict";
import { test } from "node:test";

import { SaveMark } from "../../static/js/save_mark.mjs";
import { isOfOnePlace } from "../../static/js/report_changes.mjs";

const strings = { saved: "Saved", saving: "Saving", not_accepted: "Not accepted", expired: "Log in again" };

/** A page of which parts may be there: what is being typed, and whether it was refused. */
function page({ typed = false, refused = false } = {}) {
  const parts = {
    "[data-save-mark]": { dataset: {}, textContent: "" },
    "[data-action-error]": { textContent: "", hidden: true },
    "[data-dirty]": typed ? {} : null,
    '[data-dirty][aria-invalid="true"]': refused ? {} : null,
  };
  const root = { querySelector: (selector) => parts[selector] };
  const logins = [];
  const mark = new SaveMark({ root, form: root, strings, showLogin: (expired) => logins.push(expired) });
  return { mark, logins, word: parts["[data-save-mark]"], refusal: parts["[data-action-error]"] };
}

test("saved is said with the time, and not while something typed is on its way", () => {
  const { mark, word } = page();
  mark.show("saved");
  assert.match(word.textContent, /^Saved \d\d:\d\d:\d\d$/);
  const typing = page({ typed: true });
  typing.mark.show("saved");
  assert.deepEqual([typing.mark.state, typing.word.textContent], ["saving", "Saving"]);
  const refused = page({ typed: true, refused: true });
  refused.mark.show("saved");
  assert.equal(refused.mark.state, "not_accepted");
});

test("a login is asked for when the session has ended, and put away with the next answer", () => {
  const { mark, logins } = page();
  for (const state of ["expired", "saving", "saved"]) mark.show(state);
  assert.deepEqual(logins, [true, false]);
});

test("a refusal says every reason and stays until it is taken away", () => {
  const { mark, refusal } = page();
  mark.refuse("Not signed", [{ message: "levels" }, {}, { message: "side" }]);
  assert.deepEqual([refusal.textContent, refusal.hidden], ["Not signed · levels · side", false]);
  Object.assign(refusal, { textContent: "", hidden: true }); // its panel was rendered anew
  mark.showRefusal();
  assert.deepEqual([refusal.textContent, refusal.hidden], ["Not signed · levels · side", false]);
  mark.refuse("");
  assert.equal(refusal.hidden, true);
});

test("only what is said of one place may be sent again over changes of others", () => {
  assert.deepEqual(["set", "clear", "accept", "not_evaluable"].map((kind) => isOfOnePlace({ kind })), [true, true, true, true]);
  assert.deepEqual(["sign", "relabel", "confirm_rest"].map((kind) => isOfOnePlace({ kind })), [false, false, false]);
});
