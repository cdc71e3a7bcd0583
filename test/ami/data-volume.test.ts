import { Size } from 'aws-cdk-lib';
import { DataVolume } from '../../src';
import { onlyResource } from '../synthesized';
import { atlantisLevel, refusalOfLevel } from './atlantis-level';

const volumesOf = (dataVolume?: DataVolume) => {
  const { template } = atlantisLevel(() => ({ dataVolume }));
  // biome-ignore lint/suspicious/noExplicitAny: templates have no types
  const mappings: any[] = onlyResource(template, 'AWS::ImageBuilder::ImageRecipe').Properties.BlockDeviceMappings;
  return mappings.slice(1).map(({ DeviceName, Ebs }) => [DeviceName, Ebs.VolumeSize]);
};

describe('DataVolume', () => {
  test('EbsDataVolumeOptions.size left out: 20 GiB', () => {
    expect(volumesOf(DataVolume.ebs())).toEqual([['/dev/sdf', 20]]);
  });

  test('EbsDataVolumeOptions.deviceName left out: /dev/sdf, on the image too', () => {
    expect(atlantisLevel(() => ({ dataVolume: DataVolume.ebs() })).fileAt('/etc/atlantis/data-volume')).toBe('DEVICE=/dev/sdf\n');
  });

  test('size and name are those that are given', () => {
    const volume = DataVolume.ebs({ size: Size.tebibytes(1), deviceName: '/dev/sdg' });
    expect(volumesOf(volume)).toEqual([['/dev/sdg', 1024]]);
    expect(atlantisLevel(() => ({ dataVolume: volume })).fileAt('/etc/atlantis/data-volume')).toBe('DEVICE=/dev/sdg\n');
  });

  test('without a volume nothing is mounted', () => {
    expect(volumesOf(DataVolume.none())).toEqual([]);
    expect(atlantisLevel(() => ({ dataVolume: DataVolume.none() })).components).not.toContain('atlantis-data');
  });

  test('a name that is none of those for data is refused', () => {
    expect(refusalOfLevel(() => ({ dataVolume: DataVolume.ebs({ deviceName: '/dev/nvme1n1' }) }))).toBe(
      'atlantis.dataVolume.deviceName: got "/dev/nvme1n1"; give a name from /dev/sdf to /dev/sdp',
    );
  });

  test.each([
    [Size.mebibytes(512), '0.5'],
    [Size.gibibytes(0), '0'],
  ])('%s are refused', (size, got) => {
    expect(refusalOfLevel(() => ({ dataVolume: DataVolume.ebs({ size }) }))).toBe(
      `atlantis.dataVolume.size: got ${got} GiB; give a whole number from 1 on`,
    );
  });
});
