package io.modeltoecs.cloud.api;

import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Answers of the query protocol as XML. A list is written as elements of one name. */
final class Xml {
    private static final XMLOutputFactory FACTORY = XMLOutputFactory.newDefaultFactory();

    private Xml() {}

    /** A document whose lists have {@code member} elements. */
    static String document(String root, String namespace, Map<String, ?> content) {
        return document(root, namespace, content, "member");
    }

    static String document(String root, String namespace, Map<String, ?> content, String item) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = FACTORY.createXMLStreamWriter(text);
            xml.writeStartElement(root);
            xml.writeDefaultNamespace(namespace);
            write(xml, content, item);
            xml.writeEndElement();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
        }
        return text.toString();
    }

    private static void write(XMLStreamWriter xml, Object value, String item)
            throws XMLStreamException {
        if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> e : map.entrySet()) {
                element(xml, e.getKey().toString(), e.getValue(), item);
            }
        } else if (value instanceof List<?> list) {
            for (Object o : list) {
                element(xml, item, o, item);
            }
        } else {
            xml.writeCharacters(value.toString());
        }
    }

    private static void element(XMLStreamWriter xml, String name, Object value, String item)
            throws XMLStreamException {
        if (value != null) {
            xml.writeStartElement(name);
            write(xml, value, item);
            xml.writeEndElement();
        }
    }
}
