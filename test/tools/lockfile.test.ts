import * as path from 'node:path';
import { missingOptional, readLock } from '../../tools/lockfile';

const ROOT = path.resolve(__dirname, '../..');

describe('the lock file', () => {
  test('holds every optional dependency of what it holds', () => {
    expect(missingOptional(readLock(path.join(ROOT, 'package-lock.json')))).toEqual([]);
  });

  test('holds that of the newest CDK, too', () => {
    expect(missingOptional(readLock(path.join(ROOT, 'tools/newest/package-lock.json')))).toEqual([]);
  });

  test('is found incomplete when an optional dependency is missing', () => {
    const packages = { '': {}, 'node_modules/a': { optionalDependencies: { b: '^1' } } };
    expect(missingOptional({ packages })).toEqual(['b (wanted by node_modules/a)']);
  });

  test('may hold the optional dependency below the package, or below one around it', () => {
    const packages = {
      'node_modules/a': {},
      'node_modules/a/node_modules/b': { optionalDependencies: { c: '^1', d: '^1', e: '^1' } },
      'node_modules/a/node_modules/b/node_modules/c': {},
      'node_modules/a/node_modules/d': {},
      'node_modules/e': {},
    };
    expect(missingOptional({ packages })).toEqual([]);
  });
});
