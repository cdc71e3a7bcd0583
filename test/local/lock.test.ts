import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exclusively } from '../../integ/local/lock';
import { end, identify, isAlive, SELF } from '../../integ/local/processes';

let directory: string;
let file: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'lock-'));
  file = path.join(directory, 'made', 'at-need.lock');
});

afterEach(() => fs.rmSync(directory, { recursive: true }));

function heldBy(holder: object): void {
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(file, JSON.stringify(holder));
}

describe('a lock', () => {
  test('lets one after the other work', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await sleep(20);
      inside--;
    };
    await Promise.all(Array.from({ length: 5 }, () => exclusively(file, work)));
    expect(most).toBe(1);
  });

  test('returns what the work returned, and is gone', async () => {
    expect(await exclusively(file, async () => 42)).toBe(42);
    expect(fs.readdirSync(path.dirname(file))).toEqual([]);
  });

  test('is let go of when the work fails', async () => {
    const failing = exclusively(file, async () => {
      throw new Error('the work failed');
    });
    await expect(failing).rejects.toThrow('the work failed');
    expect(await exclusively(file, async () => 'next')).toBe('next');
  });

  test('of a process that was killed is broken', async () => {
    heldBy({ pid: 2 ** 22, started: 'once' });
    expect(await exclusively(file, async () => 'taken', 1_000)).toBe('taken');
  });

  test('of an earlier process that had the same id is broken', async () => {
    heldBy({ pid: process.pid, started: 'once' });
    expect(await exclusively(file, async () => 'taken', 1_000)).toBe('taken');
  });

  test('of a living process is respected, and it is named', async () => {
    heldBy(SELF);
    await expect(exclusively(file, async () => 'taken', 200)).rejects.toThrow(`Process ${process.pid} has held ${file} for too long.`);
  });
});

describe('a process', () => {
  test('is known again, and is not once it has ended', async () => {
    const child = spawn('sleep', ['600']);
    const identity = identify(child.pid ?? 0);
    if (!identity) throw new Error('it has not started');
    expect(isAlive(identity)).toBe(true);
    expect(isAlive({ ...identity, started: 'once' })).toBe(false);
    await end([identity]);
    expect(isAlive(identity)).toBe(false);
  });

  test('that does not heed SIGTERM is killed', async () => {
    const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const identity = identify(child.pid ?? 0);
    if (!identity) throw new Error('it has not started');
    await end([identity], 300);
    expect(isAlive(identity)).toBe(false);
  });
});
