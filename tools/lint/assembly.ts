import type { Assembly, ClassType, EnumType, InterfaceType, Method, Parameter, Property, Type, TypeReference } from '@jsii/spec';
import { collect, type Finding, type Report } from './finding';
import { lintName } from './names';

const CONSTRUCT = 'constructs.Construct';

/** Lints what `.jsii` records. */
export function lintAssembly(assembly: Assembly): Finding[] {
  return collect((report) => {
    const own = (where: string, rule: string, message: string) => report(where.replace(`${assembly.name}.`, ''), rule, message);
    for (const type of Object.values(assembly.types ?? {})) new TypeLint(assembly, own).lint(type);
  });
}

class TypeLint {
  constructor(
    private readonly assembly: Assembly,
    private readonly report: Report,
  ) {}

  lint(type: Type) {
    this.documented(type.fqn, type);
    if (type.kind === 'enum') {
      for (const member of (type as EnumType).members) this.documented(`${type.fqn}.${member.name}`, member);
      return;
    }
    const owner = type as ClassType | InterfaceType;
    for (const property of owner.properties ?? []) this.property(owner, property);
    for (const method of owner.methods ?? []) this.method(owner, method);
    if (owner.kind === 'class') this.initializer(owner as ClassType);
  }

  private property(owner: ClassType | InterfaceType, property: Property) {
    const where = `${owner.fqn}.${property.name}`;
    this.documented(where, property);
    lintName(where, property.name, this.report);
    this.type(where, property.type);
    if ((owner as InterfaceType).datatype) {
      this.input(where, property);
      return;
    }
    if (property.name === 'props') this.report(where, 'props', 'the props of a constructor must not be public');
    if (!property.immutable) this.report(where, 'mutable', 'a public property must be readonly');
  }

  private input(where: string, property: Property) {
    const primitive = 'primitive' in property.type ? property.type.primitive : undefined;
    if (property.optional && !property.docs?.default) this.report(where, 'default', 'is optional and has no @default');
    if (/Arns?$/.test(property.name)) this.report(where, 'arn', 'takes an ARN: accept the interface of the resource');
    if (primitive === 'string' && /(password|secret|token|privateKey)$/i.test(property.name))
      this.report(where, 'secret', 'is a secret in plain text: accept ISecret');
    if (primitive === 'number' && /(seconds|minutes|hours|days|millis|timeout|interval|retention)$/i.test(property.name))
      this.report(where, 'duration', 'is a time as a number: accept Duration');
  }

  private method(owner: ClassType | InterfaceType, method: Method) {
    const where = `${owner.fqn}.${method.name}`;
    const returned = method.returns && 'fqn' in method.returns.type ? method.returns.type.fqn : undefined;
    this.documented(where, method);
    lintName(where, method.name, this.report);
    if (method.returns) this.type(where, method.returns.type);
    this.parameters(where, method.parameters ?? []);
    if (/^grant([A-Z]|$)/.test(method.name) && returned !== 'aws-cdk-lib.aws_iam.Grant')
      this.report(where, 'grant', 'must return iam.Grant');
    if (/^metric([A-Z]|$)/.test(method.name) && !/^aws-cdk-lib\.aws_cloudwatch\.I?Metric$/.test(returned ?? ''))
      this.report(where, 'metric', 'must return cloudwatch.Metric');
  }

  private initializer(type: ClassType) {
    const where = `${type.fqn}.constructor`;
    const parameters = type.initializer?.parameters ?? [];
    this.parameters(where, parameters);
    const names = parameters.map((parameter) => parameter.name).join(', ');
    if (this.isConstruct(type) && !/^scope, id(, props)?$/.test(names))
      this.report(where, 'signature', `a construct is made with (scope, id, props), not (${names})`);
  }

  private parameters(where: string, parameters: readonly Parameter[]) {
    for (const parameter of parameters) {
      lintName(`${where}(${parameter.name})`, parameter.name, this.report);
      this.type(`${where}(${parameter.name})`, parameter.type);
    }
  }

  private type(where: string, reference: TypeReference) {
    if ('union' in reference) {
      this.report(where, 'union', 'is `object` in Java and .NET and `interface{}` in Go: use a union-like class');
      for (const member of reference.union.types) this.type(where, member);
    } else if ('collection' in reference) {
      this.type(where, reference.collection.elementtype);
    } else if ('primitive' in reference) {
      if (reference.primitive === 'any') this.report(where, 'any', 'has no type in any language');
      if (reference.primitive === 'json') this.report(where, 'json', 'is an untyped map');
    } else if ('fqn' in reference && /\.Cfn[A-Z]\w*$/.test(reference.fqn) && !reference.fqn.startsWith(`${this.assembly.name}.`)) {
      this.report(where, 'l1', `takes or gives ${reference.fqn}, a resource of CloudFormation: use an interface`);
    }
  }

  private documented(where: string, thing: { docs?: { summary?: string }; overrides?: string }) {
    if (!thing.docs?.summary && thing.overrides === undefined) this.report(where, 'docs', 'has no documentation');
  }

  private isConstruct(type: ClassType): boolean {
    if (!type.initializer || type.abstract) return false;
    for (let base = type.base; base !== undefined; base = (this.assembly.types?.[base] as ClassType | undefined)?.base) {
      if (base === CONSTRUCT || /^aws-cdk-lib\.(Resource|Stack)$/.test(base)) return true;
    }
    return false;
  }
}
