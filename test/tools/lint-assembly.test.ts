import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { lintPackage } from '../../tools/lint-assembly';

/** What degrades in other languages, each as the member, parameter or export that jsii compiles without a word. */
const FAULTS: readonly { fault: string; code: string; finds: string }[] = [
  ...inProps({
    'a union of primitives': ['readonly either?: string | number;', 'union'],
    'a union of classes': ['readonly classes?: Clean | Other;', 'union'],
    'a union within an array': ['readonly unions?: (string | number)[];', 'union'],
    'a union within a map': ['readonly unionMap?: Record<string, string | number>;', 'union'],
    any: ['readonly anything?: any;', 'any'],
    'any within an array': ['readonly anythings?: any[];', 'any'],
    'any within a map': ['readonly anyMap?: Record<string, any>;', 'any'],
    'a string literal union': ["readonly size?: 'small' | 'large';", 'literal'],
    'a number literal union': ['readonly level?: 1 | 2;', 'literal'],
    'a literal union within an array': ["readonly sizes?: ('small' | 'large')[];", 'literal'],
    'a single literal': ["readonly only?: 'only';", 'literal'],
    'a resource of CloudFormation': ['readonly bucket?: s3.CfnBucket;', 'l1'],
    'resources of CloudFormation in an array': ['readonly buckets?: s3.CfnBucket[];', 'l1'],
    'an ARN': ['readonly roleArn?: string;', 'arn'],
    'several ARNs': ['readonly roleArns?: string[];', 'arn'],
    'a password in plain text': ['readonly databasePassword?: string;', 'secret'],
    'a token in plain text': ['readonly token?: string;', 'secret'],
    'a time as a number': ['readonly idleTimeout?: number;', 'duration'],
    'a time in seconds': ['readonly delaySeconds?: number;', 'duration'],
    'a keyword of Python': ['readonly from?: string;', 'reserved'],
    'a builtin of Python': ['readonly object?: string;', 'reserved'],
    'a keyword of Go': ['readonly range?: string;', 'reserved'],
    'a keyword of C#': ['readonly namespace?: string;', 'reserved'],
    'an acronym in capitals': ['readonly httpURL?: string;', 'acronym'],
    'a brand that snake case cuts': ['readonly gitHubApp?: string;', 'brand'],
  }),
  {
    fault: 'an optional prop without @default',
    code: '/** Documented. */ export interface NoDefault {\n/** Documented. */\nreadonly optional?: string;\n}',
    finds: 'NoDefault.optional default',
  },
  {
    fault: 'a prop without documentation',
    code: '/** Documented. */ export interface NoDocs {\n/** @default none */\nreadonly optional?: string;\n}',
    finds: 'NoDocs.optional docs',
  },
  { fault: 'a class without documentation', code: 'export class Silent {}', finds: 'Silent docs' },
  {
    fault: 'an enum member without documentation',
    code: '/** Documented. */ export enum Quiet { SILENT = "silent" }',
    finds: 'Quiet.SILENT docs',
  },
  { fault: 'an exported constant', code: '/** Documented. */ export const CONSTANT = "value";', finds: 'CONSTANT dropped' },
  { fault: 'an exported function', code: '/** Documented. */ export function helper(): void {}', finds: 'helper dropped' },
  { fault: 'an exported type alias', code: '/** Documented. */ export type Alias = string;', finds: 'Alias dropped' },
  ...inClass({
    'a method without documentation': ['bare', 'public bare(): void {}', 'docs', false],
    'a method that returns any': ['result', 'public result(): any { return 1; }', 'any'],
    'a method that returns a union': ['either', 'public either(): string | number { return 1; }', 'union'],
    'a method that returns a literal': ['answer', "public answer(): 'yes' | 'no' { return 'yes'; }", 'literal'],
    'a method that returns this': ['chain', 'public chain(): this { return this; }', 'this'],
    'a method that returns a resource of CloudFormation': ['raw', 'public raw(): s3.CfnBucket { throw new Error(); }', 'l1'],
    'a method called by a keyword': ['delete', 'public delete(): void {}', 'reserved'],
    'a grant that does not return a Grant': [
      'grantRead',
      'public grantRead(grantee: iam.IGrantable): void { grantee.grantPrincipal; }',
      'grant',
    ],
    'a metric that does not return a Metric': ['metricErrors', "public metricErrors(): string { return ''; }", 'metric'],
    'a writable property': ['state', "public state: string = '';", 'mutable'],
    'a property of type any': ['loose', 'public readonly loose: any = 1;', 'any'],
    'a parameter of type any': ['takes(value)', 'public takes(value: any): void { String(value); }', 'any'],
    'a parameter that is a union': ['choose(value)', 'public choose(value: string | number): void { String(value); }', 'union'],
    'a parameter called by a keyword': ['move(from)', 'public move(from: string): void { String(from); }', 'reserved'],
    'a variadic parameter of resources': ['add(buckets)', 'public add(...buckets: s3.CfnBucket[]): void { String(buckets); }', 'l1'],
  }),
  {
    fault: 'public constructor props',
    code: `/** Documented. */ export class Shown extends Construct {
      constructor(scope: Construct, id: string, /** Documented. */ public readonly props: CleanProps) { super(scope, id); } }`,
    finds: 'Shown.props props',
  },
  {
    fault: 'a construct that is not made with (scope, id, props)',
    code: `/** Documented. */ export class Odd extends Construct {
      constructor(parent: Construct, name: string) { super(parent, name); } }`,
    finds: 'Odd.constructor signature',
  },
  {
    fault: 'a literal as a parameter of a constructor',
    code: `/** Documented. */ export class Chosen { constructor(size: 'small' | 'large') { String(size); } }`,
    finds: 'Chosen.constructor literal',
  },
];

const CLEAN = `
import { Duration, aws_cloudwatch as cloudwatch, aws_iam as iam, aws_s3 as s3 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** Hidden from every language. @internal */
export const HIDDEN = 'value';

/** Sizes. */
export enum Size {
  /** Small. */
  SMALL = 'small',
}

/** Props. */
export interface CleanProps {
  /** How long. @default one minute */
  readonly timeout?: Duration;
  /** Which. @default Size.SMALL */
  readonly size?: Size;
  /** Where. */
  readonly bucket: s3.IBucket;
}

/** A choice. */
export abstract class Other {
  /** One. */
  public static githubApp(): Other { return new Hidden(); }
  /** Hidden. @internal */
  public abstract _bind(): 'one' | 'two';
}

class Hidden extends Other {
  public _bind(): 'one' | 'two' { return 'one'; }
}

/** A construct. */
export class Clean extends Construct implements iam.IGrantable {
  public readonly grantPrincipal: iam.IPrincipal;
  private readonly mode: 'one' | 'two' = 'one';
  constructor(scope: Construct, id: string, props: CleanProps) {
    super(scope, id);
    this.grantPrincipal = new iam.ServicePrincipal(\`\${this.mode}\${props.size}\`);
  }
  /** Grants. */
  public grantRead(grantee: iam.IGrantable): iam.Grant { return iam.Grant.drop(grantee, ''); }
  /** Measures. */
  public metricErrors(): cloudwatch.Metric { return new cloudwatch.Metric({ namespace: 'a', metricName: 'b' }); }
}
`;

function inProps(members: Record<string, [code: string, rule: string]>) {
  return Object.entries(members).map(([fault, [code, rule]], index) => ({
    fault: `${fault} in props`,
    code: `/** Documented. */ export interface Props${index} {\n/** Documented. @default none */\n${code}\n}`,
    finds: `Props${index}.${/readonly (\w+)/.exec(code)?.[1]} ${rule}`,
  }));
}

function inClass(members: Record<string, [name: string, code: string, rule: string, documented?: boolean]>) {
  return Object.entries(members).map(([fault, [name, code, rule, documented]], index) => ({
    fault,
    code: `/** Documented. */ export class Class${index} {\n${documented === false ? '' : '/** Documented. */'}\n${code}\n}`,
    finds: `Class${index}.${name} ${rule}`,
  }));
}

describe('the lint of the assembly', () => {
  const root = path.resolve(__dirname, '../..');
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'lint-assembly-'));
  afterAll(() => fs.rmSync(directory, { recursive: true }));

  function findings(source: string): string[] {
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
    fs.writeFileSync(path.join(directory, 'index.ts'), source);
    fs.writeFileSync(path.join(directory, 'package.json'), JSON.stringify(manifest()));
    execFileSync(path.join(root, 'node_modules/.bin/jsii'), ['--silence-warnings=reserved-word'], {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
    });
    return lintPackage(directory)
      .map(({ where, rule }) => `${where} ${rule}`)
      .sort();
  }

  function manifest() {
    const { author, repository, license, peerDependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
    return {
      ...{ name: 'linted', version: '0.0.0', main: 'index.js', types: 'index.d.ts', stability: 'experimental' },
      ...{ author, repository, license, peerDependencies, jsii: { outdir: 'dist', targets: {} } },
    };
  }

  const found = findings([CLEAN, ...FAULTS.map(({ code }) => code)].join('\n'));

  test('passes what is clean', () => {
    expect(found.filter((finding) => /^(Clean|Other|Hidden|HIDDEN|Size)\b/.test(finding))).toEqual([]);
  });

  test.each(FAULTS)('finds $fault', ({ finds }) => {
    expect(found).toContain(finds);
  });

  test('finds nothing but what is wrong', () => {
    expect(found).toEqual(FAULTS.map(({ finds }) => finds).sort());
  });

  test('knows at least 35 faults', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(35);
  });
});
