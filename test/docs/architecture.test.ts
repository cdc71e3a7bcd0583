import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

const docs = join(__dirname, '../../docs');
const svg = readFileSync(join(docs, 'architecture.svg'), 'utf8');

beforeAll(() => initWasm(readFileSync(require.resolve('@resvg/resvg-wasm/index_bg.wasm'))));

test('the picture of the architecture renders, and nothing reaches out of its frame', () => {
  const picture = new Resvg(svg);
  const box = picture.getBBox();
  expect(box && [box.x >= 0, box.y >= 0, box.x + box.width <= picture.width, box.y + box.height <= picture.height]).toEqual([
    true,
    true,
    true,
    true,
  ]);
  const { pixels, width, height } = picture.render();
  const inked = pixels.filter((value, i) => i % 4 === 0 && value < 200).length;
  expect(inked / (width * height)).toBeGreaterThan(0.01);
});
