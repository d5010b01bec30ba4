/**
 * The token is in the fragment, which no browser sends and no log keeps; it is exchanged for a cookie, and gone from the
 * address before anything else happens.
 */
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) {
  history.replaceState(null, '', location.pathname + location.search);
  void logIn(token);
}

async function logIn(given: string): Promise<void> {
  const answer = await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: given }),
  });
  if (answer.ok) location.reload();
  else say(((await answer.json()) as { error: { message: string; next: string } }).error);
}

function say({ message, next }: { readonly message: string; readonly next: string }): void {
  const place = document.querySelector('[role=alert]');
  if (place) place.textContent = `${message} ${next}`;
}

export {};
