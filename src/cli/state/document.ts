import { Refusal } from '../refusal';

/** What tells one state from another. */
export interface StateDocument {
  readonly text: string;
  readonly lineage: string;
  readonly serial: number;
  readonly resources: number;
  readonly terraform: string;
}

const EVERY_SERIAL = /^ {2}"serial":\s*\d+/gm;

/** Reads a state of version 4, which Terraform and OpenTofu have written since 0.12. */
export function parseState(text: string, where: string): StateDocument {
  let parsed: { version?: unknown; lineage?: unknown; serial?: unknown; resources?: unknown; terraform_version?: unknown };
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Refusal(`${where} is no state: it is not JSON.`);
  }
  const { version, lineage, serial, resources, terraform_version } = parsed ?? {};
  if (version !== 4) throw new Refusal(`${where} is no state of version 4: let Terraform 0.12 or newer write it.`);
  if (typeof lineage !== 'string' || lineage === '' || !Number.isSafeInteger(serial)) {
    throw new Refusal(`${where} is no state: it has no lineage and serial.`);
  }
  return {
    text,
    lineage,
    serial: serial as number,
    resources: Array.isArray(resources) ? resources.length : 0,
    terraform: String(terraform_version ?? ''),
  };
}

/** The state in a text, or undefined where there is none: a version may be damaged. */
export function stateIn(text: string): StateDocument | undefined {
  try {
    return parseState(text, '');
  } catch {
    return undefined;
  }
}

/**
 * The same state with another serial. Only the number's text is replaced, since numbers within the state may be longer than those of
 * JavaScript.
 */
export function withSerial(state: StateDocument, serial: number): StateDocument {
  const found = [...state.text.matchAll(EVERY_SERIAL)];
  if (found.length !== 1) throw new Refusal('The state is not written as Terraform writes it, so its serial cannot be raised.');
  return { ...state, serial, text: state.text.replace(EVERY_SERIAL, (place) => place.replace(/\d+$/, String(serial))) };
}

export const describe = ({ serial, resources, terraform }: StateDocument): string =>
  `serial ${serial}, ${resources} resource${resources === 1 ? '' : 's'}${terraform && `, by ${terraform}`}`;
