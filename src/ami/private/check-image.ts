import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { ImageLevel } from '../image-level';
import type { NamedComponents } from './image-parts';
import type { LevelConfig } from './level-config';

/** What Image Builder takes in a recipe. */
const MOST_COMPONENTS = 20;

const LEVEL_NAME = /^[A-Za-z][A-Za-z0-9-]{0,40}$/;

export function checkLevels(scope: Construct, levels: readonly ImageLevel[], problems: Problems): void {
  if (levels.length === 0) problems.add(scope, 'levels', 'got no level; give one at least, such as ImageLevel.common()');
  levels.forEach(({ name }, i) => {
    if (!LEVEL_NAME.test(name)) {
      problems.add(
        scope,
        `levels[${i}]`,
        `got the name "${name}"; start with a letter, then letters, digits and dashes, 41 characters at most`,
      );
    }
    if (levels.findIndex((level) => level.name === name) !== i) {
      problems.add(scope, `levels[${i}]`, `is the second level "${name}"; give each level once`);
    }
  });
}

/** What plans. */
const PLANNERS = ['terraform', 'tofu'];

/** The server does not start without the program that it plans with, and nothing else of the image would show it before it is used. */
export function checkPrograms(scope: Construct, levels: readonly LevelConfig[], problems: Problems): void {
  const there = levels.flatMap(({ programs }) => programs ?? []).filter((program) => PLANNERS.includes(program));
  for (const { wantedProgram } of levels) {
    if (wantedProgram === undefined || there.length === 0 || there.includes(wantedProgram)) continue;
    problems.add(
      scope,
      'levels',
      `the server plans with ${wantedProgram}, and the image has ${there.join(', ')}; add it to the runtime level, or set the server's settings.defaultTfDistribution`,
    );
  }
}

export function checkComponents(scope: Construct, groups: readonly NamedComponents[], problems: Problems): void {
  const named = groups.flatMap(({ name, components }) => components.map((component) => ({ level: name, component })));
  named.forEach(({ level, component }, i) => {
    component._validate(scope, `${level} component "${component.name}"`, problems);
    if (named.findIndex((other) => other.component.name === component.name) !== i) {
      problems.add(scope, `${level} component "${component.name}"`, 'has the name of another component of this image; give it another one');
    }
  });
  if (named.length > MOST_COMPONENTS) {
    const counts = groups.map(({ name, components }) => `${name} ${components.length}`).join(', ');
    problems.add(
      scope,
      'levels',
      `have ${named.length} components (${counts}), and Image Builder takes ${MOST_COMPONENTS}; build the first levels as an image of their own and give it as ImageBase.golden`,
    );
  }
}
