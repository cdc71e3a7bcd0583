import { Stack } from 'aws-cdk-lib';
import { CfnImageRecipe } from 'aws-cdk-lib/aws-imagebuilder';
import { Construct } from 'constructs';
import type { ImageComponent } from '../image-component';
import type { ImageBaseConfig } from './base-config';
import type { ComponentConfig } from './component-config';
import { contentVersion } from './content-version';
import { WORKING_DIRECTORY } from './ssm-agent';

export interface NamedComponents {
  /** The level that the components are of. */
  readonly name: string;
  readonly components: readonly ImageComponent[];
}

/** Makes the components, each in a scope of its own, in the order in which they run. */
export function bindComponents(scope: Construct, groups: readonly NamedComponents[]): ComponentConfig[] {
  return groups.flatMap((group) => {
    const level = new Construct(scope, `Level${group.name}`);
    return group.components.map((component) => component._bind(new Construct(level, component.name)));
  });
}

export interface RecipeParts {
  readonly name: string;
  readonly base: ImageBaseConfig;
  readonly components: readonly ComponentConfig[];
  readonly blockDeviceMappings: CfnImageRecipe.InstanceBlockDeviceMappingProperty[];
}

/** The recipe never changes under its version, which therefore follows all that it says. */
export function makeRecipe(scope: Construct, parts: RecipeParts): CfnImageRecipe {
  const { name, base, components, blockDeviceMappings } = parts;
  return new CfnImageRecipe(scope, 'Recipe', {
    name,
    version: contentVersion(Stack.of(scope), [base, components.map(({ content }) => content), blockDeviceMappings]),
    parentImage: base.parentImage,
    components: components.map(({ componentArn, parameters }) => ({
      componentArn,
      parameters: Object.keys(parameters).length > 0 ? toList(parameters) : undefined,
    })),
    blockDeviceMappings,
    additionalInstanceConfiguration: {
      // people come in with Session Manager, which needs it
      systemsManagerAgent: { uninstallAfterBuild: false },
      userDataOverride: base.userData,
    },
    workingDirectory: WORKING_DIRECTORY,
  });
}

function toList(parameters: { readonly [name: string]: string }) {
  return Object.entries(parameters).map(([name, value]) => ({ name, value: [value] }));
}
