import { ComponentStep, type StepOptions } from '../component-step';
import { FILES } from './files';

/** A value as a word of the shell. */
export function quoted(value: string): string {
  return `'${value.replace(/'/g, `'\\''`)}'`;
}

/** A script, behind what it calls. */
export function scriptText(file: keyof typeof FILES): string {
  const installs = /\binstall_packages\b/.test(FILES[file]);
  return installs ? `${FILES['package-manager.sh']}\n${FILES[file]}` : FILES[file];
}

/** Runs one of the library's scripts, which finds its values in its environment. */
export function scriptStep(
  name: string,
  file: keyof typeof FILES,
  values: { readonly [variable: string]: string } = {},
  options: StepOptions = {},
): ComponentStep {
  const exports = Object.entries(values).map(([variable, value]) => `export ${variable}=${quoted(value)}`);
  return ComponentStep.bash(name, [...exports, scriptText(file)], options);
}

/** Runs one of the library's Python programs with the machine's own Python. */
export function pythonStep(name: string, file: keyof typeof FILES): ComponentStep {
  return ComponentStep.bash(name, [`python3 -I -B - <<'PYTHON'\n${FILES[file]}PYTHON`]);
}
