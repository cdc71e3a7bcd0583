import * as fs from 'node:fs';
import { cleanUp } from '../../../integ/local/images/clean-up';
import { provideRoot } from '../../../integ/local/images/roots';
import { CAN_RUN, Workspace } from './workspace';

const workspace = new Workspace();

afterAll(() => workspace.remove());

test('a system whose archive does not answer is named as linted only', async () => {
  const { CDK_ATLANTIS_CACHE } = process.env;
  process.env.CDK_ATLANTIS_CACHE = workspace.file('cache');
  const said: string[] = [];
  const written = jest.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  try {
    expect(await provideRoot('ubuntu-24.04', 'http://127.0.0.1:9/ubuntu')).toBeUndefined();
  } finally {
    written.mockRestore();
    if (CDK_ATLANTIS_CACHE === undefined) delete process.env.CDK_ATLANTIS_CACHE;
    else process.env.CDK_ATLANTIS_CACHE = CDK_ATLANTIS_CACHE;
  }
  expect(said).toEqual(['Ubuntu 24.04: linted only, its archive http://127.0.0.1:9/ubuntu did not answer\n']);
});

(CAN_RUN ? test : test.skip)("after Image Builder's clean-up nobody's keys are on the image, and nothing of the build", async () => {
  const root = await workspace.debian();
  fs.mkdirSync(`${root}/home/person/.ssh`, { recursive: true });
  fs.writeFileSync(`${root}/home/person/.ssh/authorized_keys`, 'key');
  fs.writeFileSync(`${root}/var/tmp/left`, '');
  fs.writeFileSync(`${root}/etc/machine-id`, 'abc');
  expect(fs.readdirSync(`${root}/etc/ssh`).some((name) => name.startsWith('ssh_host_'))).toBe(true);
  cleanUp(root);
  expect(fs.existsSync(`${root}/home/person/.ssh/authorized_keys`)).toBe(false);
  expect(fs.readdirSync(`${root}/var/tmp`)).toEqual([]);
  expect(fs.readFileSync(`${root}/etc/machine-id`, 'utf8')).toBe('');
  expect(fs.readdirSync(`${root}/etc/ssh`).some((name) => name.startsWith('ssh_host_'))).toBe(false);
});
