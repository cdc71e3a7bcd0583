import { Arn, Names, Stack, Token } from 'aws-cdk-lib';
import { CfnComponent } from 'aws-cdk-lib/aws-imagebuilder';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { ComponentStep } from './component-step';
import type { AssetComponentOptions, ComponentDocument, ImageComponentOptions, ManagedComponentOptions } from './image-component-options';
import type { ComponentConfig } from './private/component-config';
import { renderDocument } from './private/component-document';
import { contentVersion } from './private/content-version';
import { scriptStep } from './private/script-step';

/** What Image Builder takes for a document in the template. */
const LONGEST_DOCUMENT = 16_000;

const NAME = /^[A-Za-z][A-Za-z0-9-]{0,40}$/;

/**
 * A part of an image, which Image Builder runs on the machine that it makes the image of.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/manage-components.html
 */
export abstract class ImageComponent {
  /**
   * A component that is written here.
   *
   * @param name a letter, then letters, digits and dashes, 41 at most; unique within the image
   */
  public static inline(name: string, document: ComponentDocument, options: ImageComponentOptions = {}): ImageComponent {
    return new InlineComponent(name, document, options.parameters ?? {});
  }

  /**
   * A component whose document is a YAML file. It is not read at synth: Image Builder checks it when it is deployed.
   *
   * @param name a letter, then letters, digits and dashes, 41 at most; unique within the image
   * @param path the file on the machine that runs the synthesis
   */
  public static file(name: string, path: string, options: ImageComponentOptions = {}): ImageComponent {
    return new FileComponent(name, path, options.parameters ?? {});
  }

  /**
   * Files and folders of the machine that runs the synthesis, put on the image.
   *
   * @param name a letter, then letters, digits and dashes, 41 at most; unique within the image
   */
  public static asset(name: string, options: AssetComponentOptions): ImageComponent {
    return new AssetComponent(name, options);
  }

  /**
   * One of AWS's own components, such as `amazon-cloudwatch-agent-linux`.
   *
   * @param name its name
   * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/manage-components.html
   */
  public static managed(name: string, options: ManagedComponentOptions = {}): ImageComponent {
    return new ManagedComponent(name, options);
  }

  /**
   * A component that is there already, in this account or shared with it.
   *
   * @param componentArn its ARN, with a version
   */
  public static fromArn(componentArn: string, options: ImageComponentOptions = {}): ImageComponent {
    return new ArnComponent(componentArn, options.parameters ?? {});
  }

  /** @param name unique within the image */
  protected constructor(
    /** The name, unique within the image. */
    public readonly name: string,
  ) {}

  /** @internal */
  public abstract _validate(scope: Construct, property: string, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct): ComponentConfig;
}

/** What Image Builder calls the component; its ARN follows from it, so the recipe's version has to as well. */
function nameOf(scope: Construct): string {
  return Names.uniqueResourceName(scope, { maxLength: 120, separator: '-' });
}

function checkName(scope: Construct, property: string, name: string, problems: Problems): void {
  if (Token.isUnresolved(name)) problems.add(scope, property, 'the name of a component has to be known at synth; give a plain text');
  else if (!NAME.test(name)) {
    problems.add(scope, property, `got the name "${name}"; start with a letter, then letters, digits and dashes, 41 characters at most`);
  }
}

class InlineComponent extends ImageComponent {
  constructor(
    name: string,
    private readonly document: ComponentDocument,
    private readonly values: { readonly [name: string]: string },
  ) {
    super(name);
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    checkName(scope, property, this.name, problems);
    const { parameters = {}, buildSteps: build = [], validateSteps: validate = [], testSteps: test = [] } = this.document;
    if (build.length + validate.length + test.length === 0) {
      problems.add(scope, property, 'has no step; give one at least, in buildSteps, validateSteps or testSteps');
    }
    for (const [phase, steps] of Object.entries({ build, validate, test })) {
      const names = steps.map((step) => step.name);
      const twice = names.filter((name, i) => names.indexOf(name) !== i);
      for (const name of new Set(twice)) problems.add(scope, property, `has two steps "${name}" in ${phase}; give each a name of its own`);
    }
    for (const name of Object.keys(this.values).filter((value) => !(value in parameters))) {
      problems.add(scope, property, `has no parameter "${name}"; its parameters are ${Object.keys(parameters).join(', ') || 'none'}`);
    }
    for (const [name, { defaultValue }] of Object.entries(parameters)) {
      if (defaultValue === undefined && !(name in this.values)) {
        problems.add(scope, property, `needs a value for its parameter "${name}"; give it in parameters`);
      }
    }
    const length = JSON.stringify(Stack.of(scope).resolve(this.rendered())).length;
    if (length > LONGEST_DOCUMENT) {
      problems.add(
        scope,
        property,
        `has ${length} characters, and Image Builder takes ${LONGEST_DOCUMENT}; make several components of it, or give it as ImageComponent.file`,
      );
    }
  }

  public _bind(scope: Construct): ComponentConfig {
    const stack = Stack.of(scope);
    const document = this.rendered();
    const version = contentVersion(stack, document);
    const name = nameOf(scope);
    const component = new CfnComponent(scope, 'Resource', {
      name,
      version,
      platform: 'Linux',
      description: this.document.description,
      data: stack.toJsonString(document),
    });
    return { componentArn: component.ref, parameters: this.values, content: [name, document, this.values] };
  }

  private rendered(): object {
    return renderDocument(this.name, this.document);
  }
}

class FileComponent extends ImageComponent {
  constructor(
    name: string,
    private readonly path: string,
    private readonly values: { readonly [name: string]: string },
  ) {
    super(name);
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    checkName(scope, property, this.name, problems);
  }

  public _bind(scope: Construct): ComponentConfig {
    const asset = new Asset(scope, 'Document', { path: this.path });
    const name = nameOf(scope);
    const component = new CfnComponent(scope, 'Resource', {
      name,
      version: contentVersion(Stack.of(scope), asset.assetHash),
      platform: 'Linux',
      uri: asset.s3ObjectUrl,
    });
    return {
      componentArn: component.ref,
      parameters: this.values,
      content: [name, asset.assetHash, this.values],
      grantBuild: (grantee) => asset.grantRead(grantee),
    };
  }
}

class AssetComponent extends ImageComponent {
  constructor(
    name: string,
    private readonly options: AssetComponentOptions,
  ) {
    super(name);
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    checkName(scope, property, this.name, problems);
    const { destination } = this.options;
    if (!Token.isUnresolved(destination) && !/^\/[\w./+@-]+$/.test(destination)) {
      problems.add(scope, `${property}.destination`, `got "${destination}"; give an absolute path without spaces`);
    }
  }

  public _bind(scope: Construct): ComponentConfig {
    const { path, destination, buildSteps = [], validateSteps, testSteps } = this.options;
    const asset = new Asset(scope, 'Files', { path });
    const fetched = `/var/tmp/cdk-atlantis-${asset.assetHash.slice(0, 16)}`;
    const document: ComponentDocument = {
      description: `Puts files at ${destination}`,
      buildSteps: [
        ComponentStep.s3Download('Fetch', { source: asset.s3ObjectUrl, destination: fetched }),
        scriptStep('Put', asset.isFile ? 'put-file.sh' : 'put-folder.sh', { FETCHED: fetched, DESTINATION: destination }),
        ...buildSteps,
      ],
      validateSteps: validateSteps ?? [ComponentStep.bash('IsThere', [`test -e '${destination}'`])],
      testSteps,
    };
    const component = ImageComponent.inline(this.name, document)._bind(scope);
    return { ...component, content: [component.content, asset.assetHash], grantBuild: (grantee) => asset.grantRead(grantee) };
  }
}

class ManagedComponent extends ImageComponent {
  constructor(
    name: string,
    private readonly options: ManagedComponentOptions,
  ) {
    super(name);
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    const { version } = this.options;
    if (!/^[a-z0-9-]+$/.test(this.name)) {
      problems.add(scope, property, `got "${this.name}"; AWS names its components with small letters, digits and dashes`);
    }
    if (version !== undefined && !/^(\d+|x)\.(\d+|x)\.(\d+|x)$/.test(version)) {
      problems.add(scope, `${property}.version`, `got "${version}"; give three numbers or x with dots, such as 1.x.x`);
    }
  }

  public _bind(scope: Construct): ComponentConfig {
    const { version = 'x.x.x', owner = 'aws', parameters = {} } = this.options;
    const componentArn = Arn.format(
      { service: 'imagebuilder', account: owner, resource: 'component', resourceName: `${this.name}/${version}` },
      Stack.of(scope),
    );
    return { componentArn, parameters, content: [componentArn, parameters] };
  }
}

class ArnComponent extends ImageComponent {
  constructor(
    private readonly componentArn: string,
    private readonly parameters: { readonly [name: string]: string },
  ) {
    super(Token.isUnresolved(componentArn) ? 'given' : componentArn.split('/').slice(1, 2).join('') || 'given');
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    if (Token.isUnresolved(this.componentArn)) return;
    if (!/^arn:[\w-]+:imagebuilder:[\w-]+:[\w-]+:component\/[^/]+\/[\dx.]+(\/\d+)?$/.test(this.componentArn)) {
      problems.add(scope, property, `got "${this.componentArn}"; give the ARN of a component with its version`);
    }
  }

  public _bind(): ComponentConfig {
    return { componentArn: this.componentArn, parameters: this.parameters, content: [this.componentArn, this.parameters] };
  }
}
