#!/bin/bash
# debian.bash OUT: makes OUT/disk.qcow2, a disk with this machine's Debian and PostgreSQL, which boots by BIOS, and
# OUT/client, the programs that PostgreSQL's clients need. To be run in a mount namespace of its own, which ends with it:
# what it mounts is gone then, too. Needs root, the network, and room for twice the disk.
set -euo pipefail
out=$1
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

# Where this machine has its own packages from, without what is not Debian's.
sources() { # FORMAT
  apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian'
}
[ -n "$(sources '$(SITE)')" ] || apt-get -q update
sources 'deb $(SITE) $(RELEASE) $(COMPONENT)' >sources.list

truncate -s 1G disk.raw
# What extlinux reads.
mkfs.ext4 -q -m 0 -O ^64bit,^metadata_csum disk.raw
mkdir root
mount -o loop disk.raw root
mmdebstrap --quiet --variant=minbase \
  --include=systemd-sysv,udev,linux-image-cloud-amd64,postgresql \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=*/libLLVM*' \
  "$suite" root sources.list

echo '/dev/vda / ext4 noatime 0 1' >root/etc/fstab
echo understudy-debian >root/etc/hostname
cat >root/etc/systemd/network/lan.network <<'END'
[Match]
Type=ether
[Network]
Address=10.77.0.50/24
LinkLocalAddressing=no
END
ln -s /lib/systemd/system/systemd-networkd.service root/etc/systemd/system/multi-user.target.wants/

postgresql=$(cd root/etc/postgresql && echo *)
# Just-in-time compilation would need LLVM.
printf "listen_addresses = '*'\njit = off\n" >>"root/etc/postgresql/$postgresql/main/postgresql.conf"
echo 'host all all 10.77.0.0/24 trust' >>"root/etc/postgresql/$postgresql/main/pg_hba.conf"

mkdir root/boot/extlinux
cat >root/boot/extlinux/extlinux.conf <<'END'
default debian
label debian
  kernel /vmlinuz
  initrd /initrd.img
  append root=/dev/vda rw console=ttyS0 quiet
END
extlinux --install root/boot/extlinux >extlinux.log 2>&1 || { cat extlinux.log >&2; exit 1; }

mkdir "$out/client"
for program in pgbench psql; do
  path=/usr/lib/postgresql/$postgresql/bin/$program
  cp "root$path" "$out/client/"
  chroot root ldd "$path" | awk '/=> \// {print $3} /^\t\// {print $1}' | while read -r library; do
    cp "$(chroot root readlink -f "$library" | sed 's,^,root,')" "$out/client/${library##*/}"
  done
done
# The packages were on it, too, for a while.
fstrim root
umount root
qemu-img convert -O qcow2 disk.raw "$out/disk.qcow2"
