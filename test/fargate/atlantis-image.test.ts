import { AtlantisImage, AtlantisVersion } from '../../src';
import { containerOf, synthesize } from '../synthesized';

const imageWith = (image?: AtlantisImage) => containerOf(synthesize(() => ({ image })).template, 'atlantis').Image;

describe('AtlantisImage.upstream', () => {
  test('AtlantisImage.upstream.version left out: the published image of the version that the library was run with', () => {
    expect(imageWith(AtlantisImage.upstream())).toBe('ghcr.io/runatlantis/atlantis:v0.47.1');
  });

  test('AtlantisOnFargateProps.image left out: the published image by a tag of its version, never "latest"', () => {
    expect(imageWith()).toBe('ghcr.io/runatlantis/atlantis:v0.47.1');
  });

  test('another version is a choice', () => {
    expect(imageWith(AtlantisImage.upstream(AtlantisVersion.of('0.48.0')))).toBe('ghcr.io/runatlantis/atlantis:v0.48.0');
  });
});
