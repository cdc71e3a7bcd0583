/** Markdown as it is read: without the marks of links, code and emphasis. */
export function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Every sentence of a page, without headings. An item of a list and a line of code are sentences of their own. */
export function sentences(page: string): string[] {
  return page
    .replace(/^#.*$/gm, '')
    .split(/\n\s*\n|\n(?=\s*(?:[*-]|\d+\.) )|```/)
    .map((block) => plain(block.trim().replace(/^(?:[*-]|\d+\.) /, '')))
    .flatMap((block) => block.split(/(?<!\b[A-Z]\.)(?<=[.:]) (?=[A-Z/])/))
    .filter((sentence) => sentence !== '');
}
