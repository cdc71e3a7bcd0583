import * as fs from 'node:fs';
import * as path from 'node:path';
import { Refusal } from '../refusal';

export const MANIFEST_FILE = '.cdk-atlantis.json';

/** What the construct's one output says, and `.cdk-atlantis.json` repeats. It holds no secrets. */
export interface Manifest {
  readonly cdkAtlantis: 'bootstrap';
  readonly version: 1;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly stack: string;
  readonly prefix: string;
  readonly role: string;
  readonly breakGlassRole?: string;
  readonly boundary: string;
  readonly state: { readonly bucket: string; readonly bootstrapBucket: string; readonly kmsKeyArn?: string };
  readonly lock: { readonly kind: 'lockfile' | 'dynamodb' | 'both'; readonly table?: string };
  readonly people: {
    readonly kind: 'users' | 'identityCenter';
    readonly path: string;
    readonly group?: string;
    readonly sealKey: string;
    readonly sealValue: string;
    /** In seconds, of users: the sessions of people of Identity Center do not say when they gave a code. */
    readonly mfaMaxAge?: number;
  };
  readonly revocation: { readonly stateMachine: string };
  readonly secrets?: { readonly kmsAlias: string; readonly backend: string };
  /** The log group of the trail, where there is one. */
  readonly watch?: { readonly logGroup?: string };
  readonly accountAlias?: string;
}

// These values go into HCL and shell scripts, so each has to look like what it is.
const ARN = /^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{12}:[\w+=,.@:/-]+$/;
const NAME = /^[\w+=,.@-]{1,128}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const ALIAS = /^[\w/-]{1,250}$/;

type Field = readonly [where: string, shape: RegExp];

const WANTED: readonly Field[] = [
  ['partition', /^aws[a-z-]*$/],
  ['account', /^\d{12}$/],
  ['region', /^[a-z0-9-]+$/],
  ['stack', /^[\w-]+$/],
  ['prefix', NAME],
  ['role', ARN],
  ['boundary', ARN],
  ['state.bucket', BUCKET],
  ['state.bootstrapBucket', BUCKET],
  ['lock.kind', /^(lockfile|dynamodb|both)$/],
  ['people.kind', /^(users|identityCenter)$/],
  ['people.path', /^\/([\w+=,.@-]+\/)*$/],
  ['people.sealKey', NAME],
  ['people.sealValue', NAME],
  ['revocation.stateMachine', ARN],
];

const OPTIONAL: readonly Field[] = [
  ['breakGlassRole', ARN],
  ['state.kmsKeyArn', ARN],
  ['lock.table', /^[\w.-]{3,255}$/],
  ['people.group', NAME],
  ['secrets.kmsAlias', ALIAS],
  ['secrets.backend', NAME],
  ['watch.logGroup', /^[\w./#-]{1,512}$/],
  ['accountAlias', /^[a-z0-9](-?[a-z0-9])*$/],
];

/** The manifest in a text, or undefined where the text is something else's. */
export function manifestIn(text: string): Manifest | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return (parsed as Partial<Manifest> | null)?.cdkAtlantis === 'bootstrap' ? (parsed as Manifest) : undefined;
}

/** The manifest in a text that has to be one. */
export function parseManifest(text: string, where: string): Manifest {
  const manifest = manifestIn(text);
  if (!manifest) throw new Refusal(`${where} is not of a cdk-atlantis bootstrap: an administrator writes it with "bootstrap init".`);
  if (manifest.version !== 1) {
    throw new Refusal(`${where} is of version ${String(manifest.version)}, and this command knows version 1: use a newer one.`);
  }
  const wrong = [
    ...WANTED.filter(([field, shape]) => !fits(at(manifest, field), shape)),
    ...OPTIONAL.filter(([field, shape]) => at(manifest, field) !== undefined && !fits(at(manifest, field), shape)),
  ].map(([field]) => field);
  if (manifest.lock?.kind !== 'lockfile' && manifest.lock && manifest.lock.table === undefined) wrong.push('lock.table');
  if (manifest.people?.kind !== 'identityCenter' && !Number.isInteger(manifest.people?.mfaMaxAge)) wrong.push('people.mfaMaxAge');
  if (wrong.length > 0) throw new Refusal(`${where} is damaged at ${wrong.join(', ')}: write it again with "bootstrap init".`);
  return manifest;
}

const fits = (value: unknown, shape: RegExp): boolean => typeof value === 'string' && shape.test(value);

const at = (manifest: Manifest, field: string): unknown =>
  field.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], manifest);

/** Reads the nearest manifest: of this directory, or of one around it. */
export function readManifest(directory: string): Manifest {
  for (let around = path.resolve(directory); ; around = path.dirname(around)) {
    const file = path.join(around, MANIFEST_FILE);
    if (fs.existsSync(file)) return parseManifest(fs.readFileSync(file, 'utf8'), path.relative(directory, file));
    if (around === path.dirname(around)) break;
  }
  throw new Refusal(`There is no ${MANIFEST_FILE} here or above: an administrator writes it with "bootstrap init".`);
}

export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, undefined, 2)}\n`;
