import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '../../integ/local/progress';
import { cached } from '../../integ/local/setup/cache';
import { command } from '../../integ/local/setup/command';
import { debianMirror } from '../../integ/local/setup/debian';
import { GO_DIRECTORY, goVersionOf, nameInCache, provideProgram } from '../../integ/local/setup/go';
import { terraformOnPath } from '../../integ/local/setup/host-terraform';
import { providePython } from '../../integ/local/setup/python';
import { debianPackages, provideTools } from '../../integ/local/setup/tools';

jest.setTimeout(120_000);

let directory: string;
const environment = { ...process.env };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cdk-atlantis-tools-'));
  process.env.CDK_ATLANTIS_CACHE = join(directory, 'cache');
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});

afterEach(() => {
  process.env = { ...environment };
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, text: string, mode = 0o644): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
  return path;
}

function withoutPrograms(): void {
  process.env.PATH = join(directory, 'empty');
}

describe('a build', () => {
  test('is done once, and then found without a compiler', async () => {
    const { relay } = await provideTools(['relay']);
    expect(statSync(relay).mode & 0o111).not.toBe(0);
    withoutPrograms();
    expect((await provideTools(['relay'])).relay).toBe(relay);
  });

  test('is refused in one sentence that names the version when there is no Go', async () => {
    withoutPrograms();
    const wanted = goVersionOf(join(GO_DIRECTORY, 'relay'));
    await expect(provideTools(['relay'])).rejects.toThrow(new RegExp(`^Go ${wanted} or newer is needed .*: there is none on the PATH$`));
    await expect(provideTools(['relay'])).rejects.toBeInstanceOf(Failure);
  });

  test('is refused in one sentence that names the version when Go is older than its module wants', async () => {
    const module = dirname(file('go/relay/go.mod', 'module example.com/relay\n\ngo 1.999.0\n'));
    process.env.GOTOOLCHAIN = 'local';
    await expect(provideProgram('relay', dirname(module))).rejects.toThrow(
      /^Go 1\.999\.0 or newer is needed .*: go: go\.mod requires .*running go/,
    );
  });

  test('is refused when a module is not the one that go.sum names', async () => {
    const modules = join(directory, 'go');
    cpSync(join(GO_DIRECTORY, 'atlantis'), join(modules, 'atlantis'), { recursive: true });
    const sums = join(modules, 'atlantis', 'go.sum');
    const changed = readFileSync(sums, 'utf8').replace(/(runatlantis\/atlantis v[\d.]+ h1:)..../, '$1AAAA');
    writeFileSync(sums, changed);
    await expect(provideProgram('atlantis', modules)).rejects.toThrow(/checksum mismatch/);
    expect(existsSync(join(directory, 'cache', nameInCache('atlantis', modules)))).toBe(false);
  });

  test('has another place in the cache when its module changes', () => {
    const modules = join(directory, 'go');
    cpSync(join(GO_DIRECTORY, 'relay'), join(modules, 'relay'), { recursive: true });
    expect(nameInCache('relay', modules)).toBe(nameInCache('relay'));
    writeFileSync(join(modules, 'relay', 'go.mod'), `${readFileSync(join(modules, 'relay', 'go.mod'), 'utf8')}\n// changed\n`);
    expect(nameInCache('relay', modules)).not.toBe(nameInCache('relay'));
  });

  test('that failed leaves nothing that a later one would take for its result', async () => {
    const failing = cached('thing', async (unfinished) => {
      writeFileSync(join(unfinished, 'half'), '');
      throw new Error('interrupted');
    });
    await expect(failing).rejects.toThrow('interrupted');
    mkdirSync(join(directory, 'cache', 'thing.unfinished'));
    writeFileSync(join(directory, 'cache', 'thing.unfinished', 'of a killed run'), '');
    const made = await cached('thing', async (unfinished) => writeFileSync(join(unfinished, 'whole'), ''));
    expect(existsSync(join(made, 'whole'))).toBe(true);
    expect(existsSync(join(made, 'of a killed run'))).toBe(false);
  });

  test('is done once when two want it at the same time', async () => {
    let times = 0;
    const make = async () => {
      times += 1;
      await new Promise((resolve) => setTimeout(resolve, 200));
    };
    const both = await Promise.all([cached('thing', make), cached('thing', make)]);
    expect(both[0]).toBe(both[1]);
    expect(times).toBe(1);
  });
});

describe('the Python packages', () => {
  test('are refused when one is not the file that was pinned', async () => {
    const requirements = file('requirements.txt', `iniconfig==2.1.0 --hash=sha256:${'0'.repeat(64)}\n`);
    await expect(providePython(requirements)).rejects.toThrow(/DO NOT MATCH THE HASHES/);
  });

  test('are refused when one has no hash', async () => {
    const requirements = file('requirements.txt', 'iniconfig==2.1.0\n');
    await expect(providePython(requirements)).rejects.toThrow(/Hashes are required in --require-hashes mode/);
  });

  test('need a Python, whose version the refusal names', async () => {
    withoutPrograms();
    await expect(provideTools(['python'])).rejects.toThrow(/^Python 3\.10 or newer .* is needed: there is none on the PATH$/);
  });
});

describe('the Debian mirror', () => {
  test('is read from the one-line form', () => {
    file(
      'sources.list',
      '# deb http://old.example/debian bookworm main\ndeb [signed-by=/k] http://mirror.example/debian/ bookworm main contrib\n',
    );
    expect(debianMirror(directory)).toBe('http://mirror.example/debian/');
  });

  test('is read from the deb822 form', () => {
    const security = 'Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main\n';
    const main = 'Types: deb\n# a note\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n';
    file('sources.list.d/debian.sources', `${security}\n${main}`);
    expect(debianMirror(directory)).toBe('http://mirror.example/debian');
  });

  test('may be a snapshot', () => {
    file('sources.list', 'deb http://mirror.example/archive/debian/20250520T000000Z bookworm main\n');
    expect(debianMirror(directory)).toBe('http://mirror.example/archive/debian/20250520T000000Z');
  });

  test("is not another vendor's repository, and not Ubuntu's", () => {
    file('sources.list', 'deb http://vendor.example/linux/debian bookworm stable\ndeb http://other.example bookworm main\n');
    file('sources.list.d/ubuntu.sources', 'Types: deb\nURIs: http://mirror.example/ubuntu\nSuites: noble\nComponents: main\n');
    expect(debianMirror(directory)).toBeUndefined();
  });
});

test('a program that is there needs no Debian package, on no system', async () => {
  jest.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(debianPackages('node')).resolves.toBeUndefined();
});

const onDebian = existsSync('/usr/bin/apt-get') ? describe : describe.skip;

onDebian('Debian packages', () => {
  test('that are there are not installed again', async () => {
    await expect(debianPackages('base-files')).resolves.toBeUndefined();
  });

  test('that are missing are asked for in one sentence when this is not root', async () => {
    jest.spyOn(process, 'getuid').mockReturnValue(1000);
    await expect(debianPackages('dpkg', 'no-such-package')).rejects.toThrow(
      'please install dpkg no-such-package: only root can (sudo apt-get install no-such-package)',
    );
  });
});

describe('the terraform of this machine', () => {
  test('is used when it is a Linux program, and not when it is a script', () => {
    file('script/terraform', '#!/bin/sh\n', 0o755);
    file('program/terraform', '\x7fELF and so on', 0o755);
    expect(terraformOnPath(join(directory, 'script'))).toBeUndefined();
    expect(terraformOnPath(join(directory, 'program'))?.path).toBe(join(directory, 'program', 'terraform'));
    expect(terraformOnPath(join(directory, 'none'))).toBeUndefined();
  });
});

describe('a command', () => {
  test('that does not say anything in time is ended', async () => {
    const started = Date.now();
    await expect(command('sleep', ['30'], { firstOutputWithin: 200 })).rejects.toThrow('did not answer within 0.2 s');
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('that fails is reported with its last lines', async () => {
    await expect(command('sh', ['-c', 'echo the cause >&2; exit 3'])).rejects.toThrow(/ended with 3:\nthe cause/);
  });
});
