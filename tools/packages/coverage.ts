import type { Assembly, ClassType, EnumType, Type } from '@jsii/spec';

/** How a language writes a name of ours. */
export interface Spelling {
  readonly language: string;
  method(name: string): string;
  /** Whether the source makes an instance of a class. */
  makes(source: string, type: string): boolean;
}

const word = (text: string) => new RegExp(`\\b${text}\\b`);

export const TYPESCRIPT: Spelling = {
  language: 'TypeScript',
  method: (name) => name,
  makes: (source, type) => word(`new ${type}`).test(source),
};

export const PYTHON: Spelling = {
  language: 'Python',
  method: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  makes: (source, type) => new RegExp(`\\b${type}\\(`).test(source),
};

export const JAVA: Spelling = {
  language: 'Java',
  method: (name) => name,
  makes: (source, type) => word(`(new ${type}|${type}\\.Builder\\.create)`).test(source),
};

/** The public static factories, constants, enum members and constructors that an app's source does not use. */
export function unused(assembly: Assembly, source: string, { method, makes }: Spelling): string[] {
  return Object.values(assembly.types ?? {}).flatMap((type: Type) => {
    if (type.kind === 'enum')
      return (type as EnumType).members
        .map(({ name }) => name)
        .filter(isMissing(type.name))
        .map(named(type.name));
    if (type.kind !== 'class') return [];
    const { methods = [], properties = [], abstract, initializer } = type as ClassType;
    const members = [
      ...methods.filter((member) => member.static).map(({ name }) => method(name)),
      ...properties.filter((member) => member.static).map(({ name }) => name),
    ];
    const missing = members.filter(isMissing(type.name)).map(named(type.name));
    return initializer && !abstract && !makes(source, type.name) ? [...missing, `${type.name}'s constructor`] : missing;
  });

  function isMissing(type: string) {
    return (member: string) => !word(`${type}\\.${member}`).test(source);
  }
  function named(type: string) {
    return (member: string) => `${type}.${member}`;
  }
}
