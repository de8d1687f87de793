/* Classic script, for browsers too old for the page's modules: shows the reason (data-old-browser) instead of a page that hangs. */
(function () {
  var isNew = "noModule" in document.createElement("script") && Array.prototype.at && Object.hasOwn && window.structuredClone;
  var reason = document.querySelector("[data-old-browser]");
  if (!isNew && reason) reason.hidden = false;
})();
