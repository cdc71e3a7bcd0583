import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../progress';

/** A document of a component, as it stands in a template, with the values that the recipe gives its parameters. */
export interface TemplateDocument {
  readonly title: string;
  readonly text: string;
  readonly parameters: Record<string, string>;
}

export interface RecipeDocuments {
  /** In the order in which Image Builder runs them. */
  readonly documents: TemplateDocument[];
  /** The components whose document is AWS's or another account's: what they do is not seen here. */
  readonly notExecuted: string[];
}

export interface DocumentOptions {
  /** What the template's references stand for: `AWS::Region`, the logical id of a resource, or that and an attribute: `Bucket.Arn`. */
  readonly values?: Record<string, string>;
  /** The logical id of the recipe; not needed when the template has one. */
  readonly recipe?: string;
  /** The content of a document that is a file of a bucket, by its address. */
  readonly fileAt?: (address: string) => string | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: templates have no types
type Json = any;

const AWS = {
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'stack',
};

/** The text that CloudFormation makes of a value with functions in it. */
function resolved(value: unknown, values: Record<string, string>): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const look = (name: string): string => {
    if (values[name] === undefined) throw new Failure(`The document refers to ${name}, which has no value here; give it one.`);
    return values[name];
  };
  const [[name, argument]] = Object.entries(value) as [[string, Json]];
  const all = (list: unknown[]) => list.map((one) => resolved(one, values));
  switch (name) {
    case 'Ref':
      return look(argument);
    case 'Fn::GetAtt':
      return look(Array.isArray(argument) ? argument.join('.') : argument);
    case 'Fn::Join':
      return all(argument[1]).join(argument[0]);
    case 'Fn::Select':
      return (Array.isArray(argument[1]) ? all(argument[1]) : split(argument[1], values))[Number(argument[0])];
    case 'Fn::Sub': {
      const [text, own] = Array.isArray(argument) ? argument : [argument, {}];
      return text.replace(/\$\{([^!}]+)\}/g, (_: string, one: string) => (one in own ? resolved(own[one], values) : look(one)));
    }
    default:
      throw new Failure(`The document has the function ${name}, which is not known here.`);
  }
}

function split(value: Json, values: Record<string, string>): string[] {
  const [delimiter, text] = value['Fn::Split'] ?? [];
  if (delimiter === undefined) throw new Failure('The document selects from a list that is not known here.');
  return resolved(text, values).split(delimiter);
}

/** What Image Builder runs for a recipe of a template: the template's own documents, to the letter. */
export function documentsOf(template: Json, options: DocumentOptions = {}): RecipeDocuments {
  const values = { ...AWS, ...options.values };
  const resources: Record<string, Json> = template.Resources;
  const recipes = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::ImageBuilder::ImageRecipe');
  const [, recipe] = recipes.find(([id]) => recipes.length === 1 || id === options.recipe) ?? [];
  if (!recipe) throw new Failure(`The template has ${recipes.length} recipes: ${recipes.map(([id]) => id).join(', ')}; say which one.`);
  const documents: TemplateDocument[] = [];
  const notExecuted: string[] = [];
  for (const { ComponentArn: arn, Parameters: given = [] } of recipe.Properties.Components) {
    const id = typeof arn === 'object' ? (arn.Ref ?? arn['Fn::GetAtt']?.[0]) : undefined;
    const component = resources[id];
    if (component?.Type !== 'AWS::ImageBuilder::Component') {
      notExecuted.push(resolved(arn, values));
      continue;
    }
    const { Data: data, Uri: uri } = component.Properties;
    const text = data === undefined ? options.fileAt?.(resolved(uri, values)) : resolved(data, values);
    if (text === undefined) throw new Failure(`The document of ${id} is ${resolved(uri, values)}, and nothing says what that is.`);
    const parameters = given.map(({ Name: name, Value: [value] }: Json) => [name, resolved(value, values)]);
    documents.push({ title: titleOf(text) ?? id, text, parameters: Object.fromEntries(parameters) });
  }
  return { documents, notExecuted };
}

function titleOf(text: string): string | undefined {
  try {
    return JSON.parse(text).name;
  } catch {
    return undefined;
  }
}

/** Writes the documents to files, and gives the arguments by which both executors run them. */
export function documentArguments(documents: TemplateDocument[], directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  return documents.flatMap(({ title, text, parameters }, position) => {
    const file = join(directory, `${position}-${title.replace(/[^\w-]/g, '-')}`);
    writeFileSync(file, text);
    const given = Object.entries(parameters).flatMap(([name, value]) => ['--parameter', `${name}=${value}`]);
    return ['--document', file, '--title', title, ...given];
  });
}
