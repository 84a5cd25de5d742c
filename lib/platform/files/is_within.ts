/** Whether `path` is `folder` or lies in it. Both are absolute, without links, `..` and a slash at the end. */
export function isWithin(path: string, folder: string): boolean {
  return `${path}/`.startsWith(folder === "/" ? folder : `${folder}/`);
}
