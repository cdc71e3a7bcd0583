import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backendText } from '../../src/cli/hcl/backend';
import type { Manifest } from '../../src/cli/manifest/manifest';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const PAGES = ['docs/bootstrap.md', 'docs/bootstrap-peers.md'];
const guide = read('docs/bootstrap.md');

const manifest: Manifest = {
  cdkAtlantis: 'bootstrap',
  version: 1,
  partition: 'aws',
  account: '123456789012',
  region: 'eu-central-1',
  stack: 'Bootstrap',
  prefix: 'terraform',
  role: 'arn:aws:iam::123456789012:role/terraform/terraform',
  boundary: 'arn:aws:iam::123456789012:policy/terraform/terraform-boundary',
  state: {
    bucket: 'bootstrap-statebucket-1a2b3c4d',
    bootstrapBucket: 'bootstrap-bootstrapbucket-1a2b3c4d',
    kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/0f0e0d0c-0b0a-0908-0706-050403020100',
  },
  lock: { kind: 'lockfile' },
  people: { kind: 'users', path: '/terraform/', group: 'terraform', sealKey: 'terraform-mfa', sealValue: 'sealed', mfaMaxAge: 300 },
  revocation: { stateMachine: 'arn:aws:states:eu-central-1:123456789012:stateMachine:terraform-revoke-' },
};

test('the backend file of the guide is the one that is written', () => {
  const [, hcl] = /```hcl\n([\s\S]*?)```/.exec(guide) as RegExpExecArray;
  expect(hcl).toBe(backendText(manifest, { name: 'network/prod' }));
});

test('every command of the guide exists, with its options', () => {
  const common = read('src/cli/verb.ts');
  const commands = [...guide.matchAll(/npx cdk-atlantis bootstrap ([a-z-]+)((?: +(?!#|-- )[^\s`]+)*)/g)];
  expect(commands.length).toBeGreaterThan(15);
  const wrong = commands.filter(([, verb, rest]) => {
    const file = `src/cli/bootstrap/${verb}.ts`;
    if (!existsSync(join(root, file))) return true;
    const options = [...rest.matchAll(/--([a-z-]+)/g)].map(([, option]) => option);
    return options.some(
      (option) => !new RegExp(`^ *(options: \\{ .*)?'?${option}'?: \\{ type|[{,] '?${option}'?: \\{ type`, 'm').test(read(file) + common),
    );
  });
  expect(wrong.map(([whole]) => whole)).toEqual([]);
});

test('every member of the API that the guide names exists', () => {
  const source = readdirSync(join(root, 'src/bootstrap'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(`src/bootstrap/${file}`))
    .join('\n');
  const members = [...guide.matchAll(/\b([A-Z]\w+)\.(\w+)[`(]/g)];
  expect(members.length).toBeGreaterThanOrEqual(4);
  const missing = members.filter(([, type, member]) => {
    const declared = new RegExp(`export (abstract )?class ${type}\\b[\\s\\S]*?\\n}`).exec(source)?.[0] ?? '';
    return !declared.includes(` ${member}(`);
  });
  expect(missing.map(([whole]) => whole)).toEqual([]);
});

test.each(PAGES)('every file that %s links to exists, and every heading', (page) => {
  const links = [...read(page).matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, link]) => link.split('#'));
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
  const broken = links.filter(([file, heading]) => {
    const path = join(root, page, '..', file);
    if (file !== '' && !existsSync(path)) return true;
    if (heading === undefined) return false;
    const text = file === '' ? read(page) : readFileSync(path, 'utf8');
    return ![...text.matchAll(/^#+ (.*)$/gm)].some(([, title]) => slug(title) === heading);
  });
  expect(broken.map((link) => link.join('#'))).toEqual([]);
});

test('each procedure that the guide names by its heading is there', () => {
  const quoted = [...guide.matchAll(/as in "([^"]+)"/g)].map(([, heading]) => heading);
  expect(quoted.length).toBeGreaterThan(0);
  expect(quoted.filter((heading) => !guide.includes(`### ${heading}\n`))).toEqual([]);
});
