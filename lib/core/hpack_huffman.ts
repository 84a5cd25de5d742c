/**
 * The lengths of HPACK's Huffman codes (RFC 7541, appendix B) for the bytes 0 … 255 and the end mark, one letter each,
 * `A` for 5 bits. The codes themselves are canonical (counted up by length, then by symbol), so the lengths say all.
 */
const CODE_LENGTHS = "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHF" +
  "IBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJBKABABABBBACCBBBABCBAABCCCCCKGJIX" +
  "PRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRS" +
  "VVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWV" +
  "Z";
const LONGEST_CODE_BITS = 30;
const END_MARK = 256;

/** Decodes Huffman-coded strings of HPACK. */
export interface HuffmanDecoder {
  /**
   * The bytes that `coded` stands for.
   *
   * @throws {Error} when it holds the end mark, or ends in anything but fewer than 8 one-bits (RFC 7541, section 5.2)
   */
  decode(coded: Uint8Array): Uint8Array;
}

/** Builds the tables of a decoder: some 0.1 ms, so make one where the first coded string turns up, and keep it. */
export function createHuffmanDecoder(): HuffmanDecoder {
  const symbols: number[] = [];
  /** By code length: the first code, where its symbols start, how many there are. */
  const firstCodes: number[] = [0];
  const offsets: number[] = [0];
  const counts: number[] = [0];
  let code = 0;
  for (let length = 1; length <= LONGEST_CODE_BITS; length++) {
    code *= 2;
    firstCodes.push(code);
    offsets.push(symbols.length);
    for (let symbol = 0; symbol <= END_MARK; symbol++) {
      if (CODE_LENGTHS.charCodeAt(symbol) - 60 === length) symbols.push(symbol);
    }
    const count = symbols.length - (offsets[length] as number);
    counts.push(count);
    code += count;
  }

  return {
    decode(coded) {
      // No code is shorter than 5 bits.
      const bytes = new Uint8Array(Math.ceil(coded.length * 8 / 5));
      let size = 0;
      let bits = 0;
      let length = 0;
      for (const byte of coded) {
        for (let shift = 7; shift >= 0; shift--) {
          bits = bits * 2 + ((byte >> shift) & 1);
          length++;
          if (length > LONGEST_CODE_BITS) throw new Error("Cannot decode a header: no such Huffman code");
          const index = bits - (firstCodes[length] as number);
          if (index >= (counts[length] as number)) continue;
          const symbol = symbols[(offsets[length] as number) + index] as number;
          if (symbol === END_MARK) throw new Error("Cannot decode a header: Huffman end mark inside a string");
          bytes[size++] = symbol;
          bits = 0;
          length = 0;
        }
      }
      if (length > 7 || bits !== 2 ** length - 1) throw new Error("Cannot decode a header: bad Huffman padding");
      return bytes.subarray(0, size);
    },
  };
}
