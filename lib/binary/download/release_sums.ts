/**
 * Pinned SHA-256 sums of official release archives, by version and platform: downloads of these versions are checked
 * against them, not against the server's checksums. Written by `scripts/release_sums.ts` from the publisher's
 * `checksums.txt`; those of 1.5.1 match several independent public package lists.
 */
export const RELEASE_SUMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "1.5.1": {
    linux_amd64: "ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d",
    linux_arm64: "bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5",
    darwin_amd64: "bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9",
    darwin_arm64: "cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415",
  },
};
