/** For an error: without what stands before the host of an address, which may be a name and a password. */
export function hideLogin(text: string): string {
  return text.replace(/[^\s"']+/g, (word) => {
    const end = word.lastIndexOf('@');
    return word.slice(0, Math.max(end, 0)).includes(':') ? `********${word.slice(end)}` : word;
  });
}
