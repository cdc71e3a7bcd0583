/** Settings by the name of Atlantis's flag, without the dashes in front. */
export type ServerFlags = { readonly [flag: string]: string };

/** Atlantis reads a flag from `ATLANTIS_` and its name in capitals. */
export function flagsToEnvironment(flags: ServerFlags): { [name: string]: string } {
  const named = Object.entries(flags).map(([flag, value]) => [`ATLANTIS_${flag.toUpperCase().replace(/-/g, '_')}`, value]);
  return Object.fromEntries(named);
}

/** Puts settings of several owners together. Two owners of one flag are a mistake of this library, never of its user. */
export function mergeFlags(...owners: ServerFlags[]): ServerFlags {
  const merged: { [flag: string]: string } = {};
  for (const [flag, value] of owners.flatMap((flags) => Object.entries(flags))) {
    if (flag in merged) throw new Error(`cdk-atlantis sets the server flag "${flag}" twice; please report this`);
    merged[flag] = value;
  }
  return merged;
}
