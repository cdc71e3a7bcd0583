import type { ComponentStep } from '../../../src';
import { FILES } from '../../../src/ami/private/files';
import { pythonStep, scriptStep, scriptText } from '../../../src/ami/private/script-step';

const scripts = Object.keys(FILES).filter((name) => name.endsWith('.sh')) as (keyof typeof FILES)[];

const commandsOf = (step: ComponentStep): string[] => (step._render() as { inputs: { commands: string[] } }).inputs.commands;

test('a program of Python takes no modules from the folder that it runs in', () => {
  expect(commandsOf(pythonStep('List', 'write-sbom.py'))).toContainEqual(expect.stringMatching(/^python3 -I -B - <<'PYTHON'\n/));
});

test('the scripts that install something have what installs it in front of them, and the others do not', () => {
  const manager = FILES['package-manager.sh'];
  const installing = scripts.filter((name) => scriptText(name) === `${manager}\n${FILES[name]}`);
  expect(installing.filter((name) => name !== 'package-manager.sh').sort()).toEqual([
    'atlantis-data.sh',
    'fetch-release.sh',
    'install-packages.sh',
    'put-folder.sh',
  ]);
  expect(commandsOf(scriptStep('Put', 'put-folder.sh'))).toContain(scriptText('put-folder.sh'));
});

test('nothing else calls a package manager to install or fetch lists', () => {
  const calling = scripts.filter((name) => /^[^#]*\b(apt-get|dnf)\b.*\b(install|update)\b/m.test(FILES[name]));
  expect(calling).toEqual(['package-manager.sh']);
});
