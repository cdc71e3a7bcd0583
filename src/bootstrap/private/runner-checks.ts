import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A UUID without its braces. */
export const bareUuid = (uuid: string): string => (Token.isUnresolved(uuid) ? uuid : uuid.replace(/^\{(.*)\}$/, '$1').toLowerCase());

/** Says what is wrong with the values that end up in a trust policy, where a wildcard or a variable would let others in. */
export class RunnerChecks {
  constructor(
    private readonly scope: Construct,
    private readonly runner: string,
    private readonly problems: Problems,
  ) {}

  public property(name: string): string {
    return `runners[${this.runner}].${name}`;
  }

  public form(property: string, value: string | undefined, form: RegExp, wanted: string): void {
    if (value === undefined || Token.isUnresolved(value) || form.test(value)) return;
    this.add(property, `got "${value}"; give ${wanted}, without wildcards`);
  }

  public name(name: string): void {
    this.form('name', name, /^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dots, dashes and underscores');
  }

  public uuid(property: string, value: string): void {
    if (!this.known(property, value)) return;
    this.form(property, bareUuid(value), UUID, 'the UUID that Bitbucket shows, such as {01234567-89ab-cdef-0123-456789abcdef}');
  }

  public branch(property: string, value: string): void {
    this.form(property, value, /^(?!refs\/)[A-Za-z0-9][A-Za-z0-9._/@#+-]*$/, 'the name of one branch, such as main');
  }

  public arn(property: string, value: string): void {
    if (Token.isUnresolved(value) || /^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d*:\S*[^\s*?:/]\S*$/.test(value)) return;
    this.add(property, `got "${value}"; give an ARN that names a resource`);
  }

  public audience(value: string | undefined): void {
    this.form('audience', value, /^[A-Za-z0-9._:/@-]{1,255}$/, 'the audience of the tokens, such as sts.amazonaws.com');
  }

  /** A condition key has the issuer's name in it, so it cannot be known at deployment only. */
  public issuer(property: string, value: string | undefined): void {
    if (Token.isUnresolved(value)) this.add(property, 'is known only at deployment, but it is part of a condition key; give it as a text');
    else
      this.form(
        property,
        value,
        /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(\/[A-Za-z0-9_.-]+)*$/,
        'an address with https:// and neither port nor slash at the end',
      );
  }

  public known(property: string, value: string): boolean {
    if (!Token.isUnresolved(value)) return true;
    this.add(property, 'is known only at deployment, but names are made from it; give it as a text');
    return false;
  }

  public atLeastOne(property: string, values: readonly unknown[] | undefined, wanted: string): void {
    if (values?.length === 0) this.add(property, `got an empty list; ${wanted}`);
  }

  public add(property: string, message: string): void {
    this.problems.add(this.scope, this.property(property), message);
  }
}
