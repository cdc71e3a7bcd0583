import type { Manifest } from '../manifest/manifest';
import { Refusal } from '../refusal';

/** The scripts that `bootstrap init` writes, by their file names; all are sourced, so none is executable. */
export const SCRIPTS = ['activate', 'deactivate', 'activate.fish'] as const;

export type Scripts = Readonly<Record<(typeof SCRIPTS)[number], string>>;

export interface ScriptOptions {
  /** The texts beside this file. */
  readonly templates: Scripts;
  /** The AWS profile of a person who names none. @default - the person's own default */
  readonly profile?: string;
}

const PLACEHOLDER = /'@@(\w+)@@'/g;

/** Single quotes, in which bash and zsh read nothing but the quote that ends them. */
export const quoteForShell = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/** Single quotes, in which fish reads a backslash before a quote and before itself. */
export const quoteForFish = (value: string): string => `'${value.replace(/['\\]/g, (found) => `\\${found}`)}'`;

/** The scripts of one bootstrap. Every placeholder stands in quotes of its own, so a value cannot be more than a part of a word. */
export function renderScripts(manifest: Manifest, { templates, profile = '' }: ScriptOptions): Scripts {
  const values = valuesOf(manifest, profile);
  const bad = Object.keys(values).find((name) => /\p{Cc}/u.test(values[name]));
  if (bad !== undefined) throw new Refusal(`The scripts cannot be written: the value of ${bad} has a control character.`);
  // in one pass, so that a value that looks like a placeholder stays what it is
  const render = (name: keyof Scripts, quote: (value: string) => string) =>
    templates[name].replace(PLACEHOLDER, (_, placeholder: string) => quote(values[placeholder]));
  return {
    activate: render('activate', quoteForShell),
    deactivate: render('deactivate', quoteForShell),
    'activate.fish': render('activate.fish', quoteForFish),
  };
}

function valuesOf(manifest: Manifest, profile: string): { readonly [placeholder: string]: string } {
  return {
    account: manifest.account,
    region: manifest.region,
    role: manifest.role,
    people: manifest.people.kind,
    stateMachine: manifest.revocation.stateMachine,
    // shells give characters of a prompt a meaning of their own
    label: `${manifest.prefix} ${manifest.accountAlias ?? manifest.account}`.replace(/[^A-Za-z0-9. _-]/g, '_'),
    profile,
    chamberKmsKeyAlias: manifest.secrets?.kmsAlias ?? '',
    chamberSecretBackend: manifest.secrets?.backend ?? '',
  };
}
