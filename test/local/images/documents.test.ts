import { documentArguments, documentsOf } from '../../../integ/local/images/documents';
import { Workspace } from './workspace';

const workspace = new Workspace();

afterAll(() => workspace.remove());

const component = (properties: object) => ({ Type: 'AWS::ImageBuilder::Component', Properties: properties });
const join = (...parts: unknown[]) => ({ 'Fn::Join': ['', parts] });

// biome-ignore lint/suspicious/noExplicitAny: templates have no types
function template(components: any[], more: any = {}): any {
  return { Resources: { Recipe: { Type: 'AWS::ImageBuilder::ImageRecipe', Properties: { Components: components } }, ...more } };
}

test('the documents are those of the template, in the order of the recipe, with its parameters', () => {
  const data = join('{"name":"second","region":"', { Ref: 'AWS::Region' }, '","secret":"', { 'Fn::GetAtt': ['Secret', 'Arn'] }, '"}');
  const given = template(
    [
      { ComponentArn: { Ref: 'First' }, Parameters: [{ Name: 'Version', Value: ['1.2.3'] }] },
      {
        ComponentArn: join('arn:', { Ref: 'AWS::Partition' }, ':imagebuilder:us-east-1:aws:component/amazon-cloudwatch-agent-linux/x.x.x'),
      },
      { ComponentArn: { Ref: 'Second' } },
    ],
    { Second: component({ Data: data }), First: component({ Data: '{"name":"first"}' }) },
  );
  expect(documentsOf(given, { values: { 'Secret.Arn': 'arn:secret' } })).toEqual({
    documents: [
      { title: 'first', text: '{"name":"first"}', parameters: { Version: '1.2.3' } },
      { title: 'second', text: '{"name":"second","region":"us-east-1","secret":"arn:secret"}', parameters: {} },
    ],
    notExecuted: ['arn:aws:imagebuilder:us-east-1:aws:component/amazon-cloudwatch-agent-linux/x.x.x'],
  });
});

test('a document that is a file of a bucket is asked for by its address', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's form
  const uri = { 'Fn::Sub': 's3://assets-${AWS::AccountId}/a.yaml' };
  const given = template([{ ComponentArn: { Ref: 'File' } }], { File: component({ Uri: uri }) });
  const asked: string[] = [];
  const fileAt = (address: string) => {
    asked.push(address);
    return 'name: written';
  };
  expect(documentsOf(given, { fileAt }).documents).toEqual([{ title: 'File', text: 'name: written', parameters: {} }]);
  expect(asked).toEqual(['s3://assets-123456789012/a.yaml']);
  expect(() => documentsOf(given)).toThrow('The document of File is s3://assets-123456789012/a.yaml, and nothing says what that is.');
});

test('a value that is not known is asked for by its name', () => {
  const given = template([{ ComponentArn: { Ref: 'First' } }], { First: component({ Data: { Ref: 'Secret' } }) });
  expect(() => documentsOf(given)).toThrow('The document refers to Secret, which has no value here; give it one.');
});

test('the arguments of the executors name each document and its parameters', () => {
  const given = documentArguments([{ title: 'first', text: '{}', parameters: { Version: '1.2.3' } }], workspace.file('documents'));
  expect(given).toEqual(['--document', workspace.file('documents', '0-first'), '--title', 'first', '--parameter', 'Version=1.2.3']);
});
