package main

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	cri1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// cri asks the real runtime, by the CRI of version v1.
type cri struct {
	runtime cri1.RuntimeServiceClient
	images  cri1.ImageServiceClient
	raw     *grpc.ClientConn
}

// image is what matters of an image that the runtime lists.
type image struct {
	id     string
	names  []string
	size   int64
	pinned bool
}

// dial connects to the runtime and, if it is another, the image endpoint.
func dial(runtime, images string) (*cri, error) {
	if images == "" {
		images = runtime
	}
	first, err := connect(runtime)
	if err != nil {
		return nil, err
	}
	second, err := connect(images)
	if err != nil {
		return nil, err
	}
	return &cri{runtime: cri1.NewRuntimeServiceClient(first), images: cri1.NewImageServiceClient(second), raw: second}, nil
}

func connect(endpoint string) (*grpc.ClientConn, error) {
	within, cancel := limit(30 * time.Second)
	defer cancel()
	made, err := grpc.DialContext(within, "unix://"+schemeless(endpoint), grpc.WithInsecure(), grpc.WithBlock())
	if err != nil {
		return nil, fmt.Errorf("CRI v1 runtime API is not implemented for endpoint %q: %w", endpoint, err)
	}
	return made, nil
}

func limit(span time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), span)
}

// imageFsInfo is the runtime's first image file system, the only one that a kubelet uses.
func (c *cri) imageFsInfo() (*cri1.FilesystemUsage, error) {
	within, cancel := limit(10 * time.Second)
	defer cancel()
	answer, err := c.images.ImageFsInfo(within, &cri1.ImageFsInfoRequest{})
	if err != nil {
		return nil, err
	}
	if len(answer.ImageFilesystems) == 0 {
		return nil, fmt.Errorf("imageFs information is unavailable")
	}
	return answer.ImageFilesystems[0], nil
}

// listImages asks with the bytes kept, because the vendored messages are older than the field "pinned".
func (c *cri) listImages() ([]image, error) {
	within, cancel := limit(30 * time.Second)
	defer cancel()
	answer := &frame{}
	err := c.raw.Invoke(within, "/runtime.v1.ImageService/ListImages", &frame{}, answer, grpc.ForceCodec(bytesCodec{}))
	if err != nil {
		return nil, err
	}
	var found []image
	err = eachField(answer.data, func(field protowire.Number, value []byte, _ uint64) error {
		if field != 1 {
			return nil
		}
		one := &cri1.Image{}
		if err := one.Unmarshal(value); err != nil {
			return err
		}
		listed := image{id: one.Id, names: one.RepoTags, size: int64(one.Size_)}
		err := eachField(value, func(field protowire.Number, _ []byte, number uint64) error {
			listed.pinned = listed.pinned || field == 8 && number != 0
			return nil
		})
		found = append(found, listed)
		return err
	})
	return found, err
}

func (c *cri) removeImage(id string) error {
	within, cancel := limit(2 * time.Minute)
	defer cancel()
	_, err := c.images.RemoveImage(within, &cri1.RemoveImageRequest{Image: &cri1.ImageSpec{Image: id}})
	return err
}

// containers are all containers of the runtime, running or dead.
func (c *cri) containers() ([]*cri1.Container, error) {
	within, cancel := limit(30 * time.Second)
	defer cancel()
	answer, err := c.runtime.ListContainers(within, &cri1.ListContainersRequest{})
	return answer.GetContainers(), err
}

// removeDead removes every container that does not run any more.
func (c *cri) removeDead() error {
	all, err := c.containers()
	if err != nil {
		return err
	}
	for _, each := range all {
		if each.State != cri1.ContainerState_CONTAINER_EXITED {
			continue
		}
		within, cancel := limit(30 * time.Second)
		_, err := c.runtime.RemoveContainer(within, &cri1.RemoveContainerRequest{ContainerId: each.Id})
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// eachField walks a message; value is that of a length-delimited field, number that of a varint.
func eachField(data []byte, visit func(field protowire.Number, value []byte, number uint64) error) error {
	for len(data) > 0 {
		field, kind, size := protowire.ConsumeTag(data)
		if size < 0 {
			return protowire.ParseError(size)
		}
		data = data[size:]
		var value []byte
		var number uint64
		switch kind {
		case protowire.BytesType:
			value, size = protowire.ConsumeBytes(data)
		case protowire.VarintType:
			number, size = protowire.ConsumeVarint(data)
		default:
			size = protowire.ConsumeFieldValue(field, kind, data)
		}
		if size < 0 {
			return protowire.ParseError(size)
		}
		if err := visit(field, value, number); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}

// frame is a message as its bytes; bytesCodec carries it.
type frame struct{ data []byte }

type bytesCodec struct{}

func (bytesCodec) Marshal(v interface{}) ([]byte, error) { return v.(*frame).data, nil }

func (bytesCodec) Unmarshal(data []byte, v interface{}) error {
	v.(*frame).data = append([]byte(nil), data...)
	return nil
}

func (bytesCodec) Name() string   { return "proto" }
func (bytesCodec) String() string { return "proto" }
