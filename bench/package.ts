import { execFileSync } from 'node:child_process';
import { kilobytes } from './timing';
import { ROOT } from './workshop';

export function benchPackage(): void {
  const [pack] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  console.log(`the npm package: ${kilobytes(pack.size)} packed, ${kilobytes(pack.unpackedSize)} unpacked, ${pack.entryCount} files`);
}
