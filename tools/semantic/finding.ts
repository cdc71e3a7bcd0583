/** What a tool says of one resource of a template. */
export interface Finding {
  readonly tool: 'cfn-lint' | 'checkov' | 'cdk-nag';
  readonly rule: string;
  /** The resource's logical id; empty where the tool names none. */
  readonly resource: string;
  readonly template: string;
  readonly message: string;
}
