export const RUNS = 7;

/** Medians in milliseconds of works that are run in turns, so that what else the machine does is shared by all. */
export function interleaved(works: readonly (() => void)[]): number[] {
  const times: number[][] = works.map(() => []);
  for (let run = 0; run < RUNS; run += 1) {
    works.forEach((work, i) => {
      times[i].push(milliseconds(work));
    });
  }
  return times.map(median);
}

export function milliseconds(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

export function median(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]);
}

export function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} kB`;
}
