/**
 * What an `Authorization` or `Proxy-Authorization` field says for the name and password in `url` (RFC 7617), both of them
 * percent-encoded or not: a `%` that begins no code is taken for itself. Null where there is no name.
 */
export function basicLogin(url: URL): string | null {
  if (url.username === "") return null;
  const bytes = new TextEncoder().encode(`${decoded(url.username)}:${decoded(url.password)}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function decoded(text: string): string {
  return text.replaceAll(/(?:%[\da-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch (error) {
      if (error instanceof URIError) return codes; // no UTF-8
      throw error;
    }
  });
}
