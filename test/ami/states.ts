/**
 * Runs state machines as the Amazon States Language says, as far as those of the pipeline use it, against calls that a test answers. What it
 * does not know it refuses.
 *
 * @see https://states-language.net/spec.html
 */

// biome-ignore lint/suspicious/noExplicitAny: states have no types
type Any = any;

/** What answers the calls; it throws what the service would. */
export type Service = (name: string, parameters: Any) => Any;

export class Failure extends Error {}

interface Context {
  readonly Execution: { readonly Id: string };
  readonly StateMachine: { readonly Id: string };
  readonly Map?: { readonly Item: { readonly Value: Any } };
}

export const CONTEXT: Context = { Execution: { Id: 'execution-1' }, StateMachine: { Id: 'machine' } };

export interface Ran {
  readonly output: Any;
  /** The names of the states, in the order in which they were entered. */
  readonly entered: string[];
}

export function run(definition: Any, input: Any, service: Service, context: Context = CONTEXT): Ran {
  const entered: string[] = [];
  return { output: runStates(definition, input, service, context, entered), entered };
}

function runStates(definition: Any, input: Any, service: Service, context: Context, entered: string[]): Any {
  let name: string = definition.StartAt;
  let data = input;
  for (let steps = 0; steps < 1000; steps++) {
    const state = definition.States[name];
    entered.push(name);
    if (state.Type === 'Fail') throw new Failure(`${state.Error}: ${state.Cause}`);
    if (state.Type === 'Succeed') return data;
    if (state.Type === 'Choice') {
      name = state.Choices.find((choice: Any) => holds(choice, data))?.Next ?? state.Default;
      continue;
    }
    try {
      data = enter(state, data, service, context, entered);
    } catch (error) {
      if (error instanceof Failure || !state.Catch) throw error;
      data = put(data, state.Catch[0].ResultPath, { Error: `${error}` });
      name = state.Catch[0].Next;
      continue;
    }
    if (state.End) return data;
    name = state.Next;
  }
  throw new Error('the machine does not come to an end');
}

function enter(state: Any, data: Any, service: Service, context: Context, entered: string[]): Any {
  const input = 'InputPath' in state ? read(state.InputPath, data, context) : data;
  if (state.Type === 'Wait') return data;
  if (state.Type === 'Pass') {
    return put(data, state.ResultPath, state.Parameters ? render(state.Parameters, input, context) : (state.Result ?? input));
  }
  if (state.Type === 'Task') {
    const name = state.Resource.replace(/^arn:aws:states:::aws-sdk:/, '');
    const result = service(name, render(state.Parameters, input, context));
    return put(data, state.ResultPath, state.ResultSelector ? render(state.ResultSelector, result, context) : result);
  }
  if (state.Type === 'Map') {
    const results = read(state.ItemsPath, data, context).map((Value: Any) => {
      const inner = { ...context, Map: { Item: { Value } } };
      return runStates(state.ItemProcessor, render(state.ItemSelector, data, inner), service, inner, entered);
    });
    return put(data, state.ResultPath, results);
  }
  throw new Error(`a state of type ${state.Type} is not known here`);
}

function put(data: Any, path: string | null | undefined, result: Any): Any {
  if (path === null) return data;
  if (path === undefined || path === '$') return result;
  const [first, ...rest] = path.replace(/^\$\./, '').split('.');
  return { ...data, [first]: rest.length === 0 ? result : put(data[first] ?? {}, `$.${rest.join('.')}`, result) };
}

function render(template: Any, data: Any, context: Context): Any {
  if (Array.isArray(template)) return template.map((entry) => render(entry, data, context));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$') ? [key.slice(0, -2), evaluate(value as string, data, context)] : [key, render(value, data, context)],
    ),
  );
}

/** A path that is not there is an error, as in Step Functions. */
function read(path: string, data: Any, context: Context): Any {
  const found = find(path, data, context);
  if (found === undefined) throw new Failure(`States.Runtime: ${path} is not in ${JSON.stringify(data)}`);
  return found;
}

function find(path: string, data: Any, context: Context): Any {
  const from = path.startsWith('$$') ? context : data;
  const steps = path.replace(/^\$+\.?/, '').match(/[^.[\]]+|\[\*\]|\[\d+\]/g) ?? [];
  return steps.reduce<Any>((value, step, i) => {
    if (value === undefined || value === null) return undefined;
    if (step === '[*]') {
      const rest = steps.slice(i + 1).join('.');
      steps.length = i + 1;
      return value.map((entry: Any) => (rest === '' ? entry : find(`$.${rest}`, entry, context)));
    }
    return step.startsWith('[') ? value[Number(step.slice(1, -1))] : value[step];
  }, from);
}

const FUNCTIONS: { readonly [name: string]: (...values: Any[]) => Any } = {
  Array: (...values) => values,
  ArrayContains: (list, value) => list.includes(value),
  ArrayGetItem: (list, i) => list[i],
  ArrayLength: (list) => list.length,
  ArrayRange: (first, last, step) => Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step),
  Format: (text, ...values) => text.replace(/\{\}/g, () => `${values.shift()}`),
  MathAdd: (one, other) => one + other,
  UUID: () => '00000000-0000-4000-8000-000000000000',
};

function evaluate(expression: string, data: Any, context: Context): Any {
  const text = expression.trim();
  if (text.startsWith('$')) return read(text, data, context);
  if (text.startsWith("'")) return text.slice(1, -1);
  if (/^-?\d+$/.test(text)) return Number(text);
  const [, name, values] = /^States\.(\w+)\((.*)\)$/s.exec(text) ?? [];
  if (!FUNCTIONS[name]) throw new Error(`${text} is not known here`);
  return FUNCTIONS[name](...split(values).map((value) => evaluate(value, data, context)));
}

function split(values: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let part = '';
  for (const letter of values) {
    if (letter === "'") quoted = !quoted;
    if (!quoted && letter === '(') depth++;
    if (!quoted && letter === ')') depth--;
    if (letter === ',' && depth === 0 && !quoted) {
      parts.push(part);
      part = '';
    } else part += letter;
  }
  return part.trim() === '' ? parts : [...parts, part];
}

function holds(rule: Any, data: Any): boolean {
  if (rule.And) return rule.And.every((inner: Any) => holds(inner, data));
  if (rule.Or) return rule.Or.some((inner: Any) => holds(inner, data));
  const value = find(rule.Variable, data, CONTEXT);
  if ('IsPresent' in rule) return (value !== undefined) === rule.IsPresent;
  if (value === undefined) throw new Failure(`States.Runtime: ${rule.Variable} is not there`);
  if ('StringEquals' in rule) return value === rule.StringEquals;
  if ('BooleanEquals' in rule) return value === rule.BooleanEquals;
  if ('StringEqualsPath' in rule) return value === read(rule.StringEqualsPath, data, CONTEXT);
  if ('NumericGreaterThan' in rule) return typeof value === 'number' && value > rule.NumericGreaterThan;
  throw new Error(`${JSON.stringify(rule)} is not known here`);
}
