import * as fs from 'node:fs';
import { FILES } from '../../src/ami/private/files';
import { TEXTS_FILE, textsOfFiles } from '../../tools/texts/texts';

test('what the library puts on images is what stands in the files', () => {
  expect(fs.readFileSync(TEXTS_FILE, 'utf8')).toBe(textsOfFiles());
});

test('no file has what Image Builder would take for a reference', () => {
  expect(Object.entries(FILES).filter(([, text]) => text.includes('{{'))).toEqual([]);
});
