/**
 * One request to our API. Resolves to {status, version, body}; rejects only when the network failed.
 *
 * A missing or expired log-in answers with status 401 whatever the server said, so that callers keep their change; so
 * does somebody else's log-in from another tab (each request names the account that the page was made for).
 */
export function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)(?:__Host-)?dens-csrf=([^;]+)/)?.[1] ?? "";
}

export async function request(address, { method = "POST", body, version, once, keepalive } = {}) {
  const headers = { Accept: "application/json" };
  const { account } = document.body.dataset;
  if (account) headers["X-Account"] = account;
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  if (once) headers["Idempotency-Key"] = once;
  const response = await fetch(address, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    redirect: "manual",
    keepalive,
  });
  if (response.type === "opaqueredirect") return { status: 401, body: null };
  const text = await response.text();
  let content = null;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    content = null;
  }
  const code = content?.error?.code;
  const expired = response.status === 403 && ["not_authenticated", "csrf", "other_account"].includes(code);
  const tag = response.headers.get("ETag")?.match(/\d+/)?.[0];
  return {
    status: expired ? 401 : response.status,
    version: tag ? Number(tag) : content?.version,
    body: content,
  };
}
