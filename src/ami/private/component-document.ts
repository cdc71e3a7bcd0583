import type { ComponentDocument } from '../image-component-options';

/** The document as Image Builder reads it. JSON is YAML, and needs no quoting of ours. */
export function renderDocument(name: string, document: ComponentDocument): object {
  const parameters = Object.entries(document.parameters ?? {}).map(([parameter, { defaultValue, description }]) => ({
    [parameter]: {
      type: 'string',
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
      ...(description === undefined ? {} : { description }),
    },
  }));
  const phases = [
    { name: 'build', steps: document.buildSteps ?? [] },
    { name: 'validate', steps: document.validateSteps ?? [] },
    { name: 'test', steps: document.testSteps ?? [] },
  ];
  return {
    name,
    ...(document.description ? { description: document.description } : {}),
    schemaVersion: '1.0',
    ...(parameters.length > 0 ? { parameters } : {}),
    phases: phases
      .filter(({ steps }) => steps.length > 0)
      .map((phase) => ({ name: phase.name, steps: phase.steps.map((step) => step._render()) })),
  };
}
