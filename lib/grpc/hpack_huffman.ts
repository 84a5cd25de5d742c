/**
 * The lengths of HPACK's Huffman codes (RFC 7541, appendix B) for the bytes 0 … 255 and the end mark, one letter each,
 * `A` for 5 bits. The code is canonical (ordered by length, then by symbol), so the lengths define it.
 */
const CODE_LENGTHS = "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHF" +
  "IBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJBKABABABBBACCBBBABCBAABCCCCCKGJIX" +
  "PRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRS" +
  "VVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWV" +
  "Z";
const LONGEST_CODE_BITS = 30;
const END_MARK = 256;

/**
 * Builds the tables of a decoder of HPACK's Huffman-coded strings: the function that it returns gives the bytes that its
 * argument stands for. Create it for the first coded string and reuse it.
 *
 * @throws {Error} (the function) if a string contains the end mark, or its padding is not fewer than 8 one-bits (RFC 7541,
 * section 5.2)
 */
export function createHuffmanDecoder(): (coded: Uint8Array) => Uint8Array {
  /** The symbols by code length, in the order of their codes. */
  const symbols: number[][] = Array.from({ length: LONGEST_CODE_BITS + 1 }, () => []);
  for (let symbol = 0; symbol <= END_MARK; symbol++) symbols[CODE_LENGTHS.charCodeAt(symbol) - 60]?.push(symbol);
  /** The first code of each length. */
  const firstCodes: number[] = [];
  let code = 0;
  for (const ofLength of symbols) {
    firstCodes.push(code);
    code = (code + ofLength.length) * 2;
  }

  return (coded) => {
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
        const symbol = symbols[length]?.[bits - (firstCodes[length] as number)];
        if (symbol === undefined) continue;
        if (symbol === END_MARK) throw new Error("Cannot decode a header: Huffman end mark inside a string");
        bytes[size++] = symbol;
        bits = 0;
        length = 0;
      }
    }
    if (length > 7 || bits !== 2 ** length - 1) throw new Error("Cannot decode a header: bad Huffman padding");
    return bytes.subarray(0, size);
  };
}
