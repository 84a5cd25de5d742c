import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { basicLogin } from "../../../lib/binary/download/basic_auth.ts";

describe("basicLogin()", () => {
  const login = (credentials: string) => {
    const value = basicLogin(new URL(`http://${credentials}@proxy:3128`));
    const bytes = Uint8Array.from(atob(value!.slice("Basic ".length)), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  };

  it("takes name and password as they are written, percent-encoded or not", () => {
    assertEquals(login("me:se%40cret"), "me:se@cret");
    assertEquals(login("me"), "me:");
    assertEquals(login("dom%5Cme:50%25%C3%A9"), "dom\\me:50%é");
    assertEquals(login("me:50%"), "me:50%");
    assertEquals(login("me:%zz%FF"), "me:%zz%FF");
    assertEquals(login("mé:é"), "mé:é");
  });

  it("is null where there is no name", () => {
    assertEquals(basicLogin(new URL("http://proxy:3128")), null);
  });
});
